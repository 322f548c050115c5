/** A picture for the background of a skeleton, bounded in what is read and in what is kept. */

const MAX_BYTES = 30 << 20;
const SIDE = 1600;
const TYPES: readonly string[] = ["image/png", "image/jpeg", "image/webp"];

export const ACCEPTED = TYPES.join(",");

/** The address of a small copy of a picture, made of its pixels alone; the caller gives it back with `URL.revokeObjectURL`. */
export async function backdropOf(file: Blob): Promise<string> {
  if (!TYPES.includes(file.type)) throw new Error("The background is a PNG, JPEG or WebP picture.");
  if (file.size > MAX_BYTES) throw new Error("The picture is larger than 30 MiB.");
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error("The picture cannot be read.");
  }
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  if (!blob) throw new Error("The picture cannot be read.");
  return URL.createObjectURL(blob);
}
