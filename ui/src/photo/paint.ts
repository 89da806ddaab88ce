// Draws a photo with its marks onto a canvas, the same for the preview and for the copy that is stored.
import { type Box, boxOf, cellsOf, headOf, type Shape } from './shapes'

// Red on white is seen on every photo; these are ink in a picture and not colours of the page.
const ink = '#e3000f'
const edge = '#ffffff'

type Source = CanvasImageSource

function mosaic(context: CanvasRenderingContext2D, source: Source, box: Box, width: number, height: number, own: { width: number; height: number }): void {
  const { across, down } = cellsOf(box)
  const small = document.createElement('canvas')
  small.width = across
  small.height = down
  const tiny = small.getContext('2d')
  if (!tiny) return
  const [sx, sy] = [own.width / width, own.height / height]
  // Read from the photo itself, so that overlapping mosaics never sharpen each other.
  tiny.drawImage(source, box.x * sx, box.y * sy, box.width * sx, box.height * sy, 0, 0, across, down)
  context.imageSmoothingEnabled = false
  context.drawImage(small, 0, 0, across, down, box.x, box.y, box.width, box.height)
  context.imageSmoothingEnabled = true
}

function stroke(context: CanvasRenderingContext2D, thick: number, draw: () => void): void {
  for (const [colour, width] of [
    [edge, thick * 1.9],
    [ink, thick],
  ] as const) {
    context.strokeStyle = colour
    context.lineWidth = width
    context.beginPath()
    draw()
    context.stroke()
  }
}

/** `own` is the photo's natural size; `width` and `height` are the canvas's. */
export function paint(context: CanvasRenderingContext2D, source: Source, own: { width: number; height: number }, shapes: readonly Shape[]): void {
  const { width, height } = context.canvas
  context.drawImage(source, 0, 0, width, height)
  context.lineCap = 'round'
  context.lineJoin = 'round'
  const thick = Math.max(3, Math.max(width, height) / 220)
  // What hides lies below what points.
  for (const shape of shapes) if (shape.tool === 'mosaic') mosaic(context, source, boxOf(shape, width, height), width, height, own)
  for (const shape of shapes) {
    const [from, to] = [shape.from, shape.to].map((point) => ({ x: point.x * width, y: point.y * height })) as [{ x: number; y: number }, { x: number; y: number }]
    if (shape.tool === 'box') {
      const box = boxOf(shape, width, height)
      stroke(context, thick, () => context.rect(box.x, box.y, box.width, box.height))
    }
    if (shape.tool === 'arrow') {
      const [left, right] = headOf(from, to, thick * 6)
      stroke(context, thick, () => {
        context.moveTo(from.x, from.y)
        context.lineTo(to.x, to.y)
        context.moveTo(left.x, left.y)
        context.lineTo(to.x, to.y)
        context.lineTo(right.x, right.y)
      })
    }
  }
}
