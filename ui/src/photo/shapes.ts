// The marks that are laid over a photo, in fractions of its width and height, so that they fit the preview and the
// full-size copy alike. Pure geometry; drawing is in paint.ts.
import type { LayerKind } from '@/gen'

export const tools = ['arrow', 'box', 'mosaic'] as const
export type Tool = (typeof tools)[number]

export interface Point {
  readonly x: number
  readonly y: number
}

/** From `from` to `to`; an arrow points at `to`. */
export interface Shape {
  readonly tool: Tool
  readonly from: Point
  readonly to: Point
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value))
export const pointAt = (x: number, y: number): Point => ({ x: clamp(x), y: clamp(y) })

/** A mark this small is a slip of the finger. */
const smallest = 0.01
export const isTiny = ({ from, to }: Shape): boolean => Math.abs(from.x - to.x) < smallest && Math.abs(from.y - to.y) < smallest

/** Moved as far as the picture's edge lets it, with its size kept. */
export function nudged(shape: Shape, dx: number, dy: number): Shape {
  const { from, to } = shape
  const room = (delta: number, a: number, b: number): number => Math.min(1 - Math.max(a, b), Math.max(-Math.min(a, b), delta))
  const [x, y] = [room(dx, from.x, to.x), room(dy, from.y, to.y)]
  return { ...shape, from: { x: from.x + x, y: from.y + y }, to: { x: to.x + x, y: to.y + y } }
}

/** Grown or shrunk about its middle. */
export function scaled(shape: Shape, factor: number): Shape {
  const middle = { x: (shape.from.x + shape.to.x) / 2, y: (shape.from.y + shape.to.y) / 2 }
  const away = (point: Point): Point => pointAt(middle.x + (point.x - middle.x) * factor, middle.y + (point.y - middle.y) * factor)
  const next = { ...shape, from: away(shape.from), to: away(shape.to) }
  return isTiny(next) ? shape : next
}

/** Where a mark goes that is placed by a button and not by a finger. */
export const inTheMiddle = (tool: Tool): Shape => ({ tool, from: { x: 0.35, y: 0.4 }, to: { x: 0.65, y: 0.6 } })

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The shape's rectangle in whole pixels, never empty and never beyond the picture. */
export function boxOf({ from, to }: Shape, width: number, height: number): Box {
  const [left, right] = [Math.min(from.x, to.x) * width, Math.max(from.x, to.x) * width]
  const [top, bottom] = [Math.min(from.y, to.y) * height, Math.max(from.y, to.y) * height]
  const x = Math.min(width - 1, Math.floor(left))
  const y = Math.min(height - 1, Math.floor(top))
  return { x, y, width: Math.min(width - x, Math.max(1, Math.ceil(right) - x)), height: Math.min(height - y, Math.max(1, Math.ceil(bottom) - y)) }
}

/** The two ends of an arrow's head, for an arrow in pixels. */
export function headOf(from: Point, to: Point, length: number): readonly [Point, Point] {
  const angle = Math.atan2(to.y - from.y, to.x - from.x)
  const side = (turn: number): Point => ({ x: to.x - length * Math.cos(angle + turn), y: to.y - length * Math.sin(angle + turn) })
  return [side(Math.PI / 7), side(-Math.PI / 7)]
}

/** Cells of a mosaic over a box: at most 12 on the longer side, so that no letter or face can be told any more. */
export function cellsOf(box: Box): { readonly across: number; readonly down: number } {
  const cell = Math.max(1, Math.max(box.width, box.height) / 12)
  return { across: Math.max(1, Math.round(box.width / cell)), down: Math.max(1, Math.round(box.height / cell)) }
}

/** A copy with anything hidden is masked, whatever else is drawn on it. */
export const kindOf = (shapes: readonly Shape[]): LayerKind => (shapes.some((shape) => shape.tool === 'mosaic') ? 'masked' : 'markup')
