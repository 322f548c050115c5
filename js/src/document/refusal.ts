/** Why an operation cannot be done. */
export class Refusal {
  constructor(
    readonly key: string,
    /** What is wrong, for the user. */
    readonly reason: string,
  ) {}
}
