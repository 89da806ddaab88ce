// The stored copy of a photo: the original at its full size with the marks drawn on it, as a new JPEG.
import { paint } from './paint'
import type { Shape } from './shapes'
import { jpegOf } from './still'

export async function copyOf(original: Blob, shapes: readonly Shape[]): Promise<Blob> {
  const url = URL.createObjectURL(original)
  const canvas = document.createElement('canvas')
  try {
    // An <img> turns the photo upright by its EXIF note in every web view that we run in.
    const image = new Image()
    image.src = url
    await image.decode()
    canvas.width = image.naturalWidth
    canvas.height = image.naturalHeight
    const context = canvas.getContext('2d')
    if (!context) throw new Error('no memory for a canvas of this size')
    paint(context, image, { width: image.naturalWidth, height: image.naturalHeight }, shapes)
    return await jpegOf(canvas)
  } finally {
    URL.revokeObjectURL(url)
    // Gives the pixels back at once: 12 megapixels are 48 MB.
    canvas.width = 0
  }
}
