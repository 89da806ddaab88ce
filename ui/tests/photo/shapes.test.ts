import { ref } from 'vue'
import { describe, expect, it } from 'vitest'

import { boxOf, cellsOf, headOf, kindOf, nudged, scaled, type Shape } from '@/photo/shapes'
import { useDrawing } from '@/photo/useDrawing'

const box = (x1: number, y1: number, x2: number, y2: number): Shape => ({ tool: 'box', from: { x: x1, y: y1 }, to: { x: x2, y: y2 } })

describe('a mark', () => {
  it('becomes whole pixels, drawn in whatever direction, within the picture', () => {
    expect(boxOf(box(0.9, 0.8, 0.1, 0.2), 1000, 500)).toEqual({ x: 100, y: 100, width: 800, height: 300 })
    expect(boxOf(box(1, 1, 1, 1), 1000, 500)).toEqual({ x: 999, y: 499, width: 1, height: 1 })
  })

  it('keeps its size at the edge when it is moved', () => {
    const moved = nudged(box(0.8, 0.1, 0.95, 0.2), 0.5, -0.5)
    expect(moved.to.x).toBeCloseTo(1)
    expect(moved.to.x - moved.from.x).toBeCloseTo(0.15)
    expect(moved.from.y).toBeCloseTo(0)
  })

  it('grows about its middle and never shrinks to nothing', () => {
    const grown = scaled(box(0.4, 0.4, 0.6, 0.6), 2)
    expect(grown.from).toEqual({ x: expect.closeTo(0.3), y: expect.closeTo(0.3) })
    let small = box(0.4, 0.4, 0.6, 0.6)
    for (let turn = 0; turn < 50; turn += 1) small = scaled(small, 0.5)
    expect(small.to.x - small.from.x).toBeGreaterThan(0.005)
  })

  it('has an arrow head at the end where it points', () => {
    const [left, right] = headOf({ x: 0, y: 0 }, { x: 100, y: 0 }, 20)
    expect(left.x).toBeLessThan(100)
    expect(left.x).toBeGreaterThan(75)
    expect(left.y).toBeCloseTo(-right.y)
  })

  it('hides more than letters can survive: at most twelve cells on the longer side', () => {
    expect(cellsOf({ x: 0, y: 0, width: 1200, height: 300 })).toEqual({ across: 12, down: 3 })
    expect(cellsOf({ x: 0, y: 0, width: 5, height: 1 })).toEqual({ across: 5, down: 1 })
  })

  it('makes the copy a masked one as soon as anything is hidden', () => {
    expect(kindOf([box(0, 0, 1, 1)])).toBe('markup')
    expect(kindOf([box(0, 0, 1, 1), { ...box(0, 0, 1, 1), tool: 'mosaic' }])).toBe('masked')
  })
})

describe('drawing', () => {
  const at = (x: number, y: number) => ({ x, y })

  it('makes a mark by two taps', () => {
    const shapes = ref<Shape[]>([])
    const drawing = useDrawing(shapes)
    drawing.down(at(0.1, 0.1))
    drawing.up(at(0.1, 0.1))
    expect(shapes.value, 'the first tap sets the start only').toHaveLength(0)
    expect(drawing.start.value).toEqual(at(0.1, 0.1))
    drawing.down(at(0.5, 0.5))
    drawing.up(at(0.5, 0.5))
    expect(shapes.value).toEqual([{ tool: 'arrow', from: at(0.1, 0.1), to: at(0.5, 0.5) }])
    expect(drawing.start.value).toBeNull()
  })

  it('makes a mark by a drag, and takes a start back by a second tap at the same place', () => {
    const shapes = ref<Shape[]>([])
    const drawing = useDrawing(shapes)
    drawing.down(at(0.2, 0.2))
    drawing.move(at(0.4, 0.4))
    expect(drawing.shown.value, 'it shows while it is drawn').toHaveLength(1)
    drawing.up(at(0.6, 0.6))
    expect(shapes.value).toHaveLength(1)
    for (let tap = 0; tap < 2; tap += 1) {
      drawing.down(at(0.9, 0.9))
      drawing.up(at(0.9, 0.9))
    }
    expect(drawing.start.value).toBeNull()
    expect(shapes.value).toHaveLength(1)
  })

  it('works by keys alone: put, move, size, undo', () => {
    const shapes = ref<Shape[]>([])
    const drawing = useDrawing(shapes)
    drawing.key('Enter')
    const before = shapes.value[0] as Shape
    drawing.key('ArrowRight')
    expect(shapes.value[0]?.from.x).toBeGreaterThan(before.from.x)
    drawing.key('+')
    expect((shapes.value[0]?.to.y ?? 0) - (shapes.value[0]?.from.y ?? 0)).toBeGreaterThan(before.to.y - before.from.y)
    drawing.key('Delete')
    expect(shapes.value).toHaveLength(0)
    expect(drawing.key('a'), 'other keys stay the page’s').toBe(false)
  })
})
