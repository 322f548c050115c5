/** A picture that belongs to a frame without being one: from the folder `related_images` beside it. */
export interface ContextImage {
  readonly frame: number;
  /** Its place among those of the frame. */
  readonly index: number;
  readonly name: string;
}
