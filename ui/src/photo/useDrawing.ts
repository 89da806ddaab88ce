// Drawing marks by finger, mouse, keyboard or buttons. Two taps make a mark (start, end), and so does a drag; nothing is
// possible by gesture alone.
import { computed, type Ref, ref } from 'vue'

import { inTheMiddle, isTiny, nudged, type Point, pointAt, scaled, type Shape, type Tool } from './shapes'

/** One press of an arrow key or button: half a percent would take for ever, five percent misses. */
const step = 0.02
const bigger = 1.15

export function useDrawing(shapes: Ref<Shape[]>) {
  const tool = ref<Tool>('arrow')
  /** Where the first tap was, until the second. */
  const start = ref<Point | null>(null)
  const draft = ref<Shape | null>(null)
  const shown = computed<readonly Shape[]>(() => (draft.value ? [...shapes.value, draft.value] : shapes.value))
  let isDown = false
  let hadStart = false

  function add(shape: Shape): void {
    shapes.value = [...shapes.value, shape]
    start.value = null
  }

  function change(turn: (last: Shape) => Shape): void {
    const last = shapes.value.at(-1)
    if (last) shapes.value = [...shapes.value.slice(0, -1), turn(last)]
  }

  function down(point: Point): void {
    isDown = true
    hadStart = start.value !== null
    start.value ??= point
    draft.value = { tool: tool.value, from: start.value, to: point }
  }

  function move(point: Point): void {
    if (isDown && start.value) draft.value = { tool: tool.value, from: start.value, to: point }
  }

  function up(point: Point): void {
    if (!isDown || !start.value) return
    isDown = false
    draft.value = null
    const shape = { tool: tool.value, from: start.value, to: point }
    // A tap without a drag sets the start only; a second tap at the same place takes it back.
    if (!isTiny(shape)) add(shape)
    else if (hadStart) start.value = null
  }

  function cancel(): void {
    isDown = false
    draft.value = null
    if (!hadStart) start.value = null
  }

  const nudge = (dx: number, dy: number): void => change((last) => nudged(last, dx * step, dy * step))
  const grow = (isUp: boolean): void => change((last) => scaled(last, isUp ? bigger : 1 / bigger))

  function undo(): void {
    if (start.value) start.value = null
    else shapes.value = shapes.value.slice(0, -1)
  }

  /** Keys on the drawing area; whether the key was one of ours. */
  function key(name: string): boolean {
    const moves: Record<string, [number, number]> = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }
    const by = moves[name]
    if (by) nudge(...by)
    else if (name === '+' || name === '=') grow(true)
    else if (name === '-') grow(false)
    else if (name === 'Enter') add(inTheMiddle(tool.value))
    else if (name === 'Backspace' || name === 'Delete') undo()
    else return false
    return true
  }

  return { tool, start, shown, down, move, up, cancel, nudge, grow, undo, key, middle: () => add(inTheMiddle(tool.value)), pointAt }
}
