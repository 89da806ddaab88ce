import { describe, expect, it } from 'vitest'

import { CoolDown } from '@/scan/CoolDown'
import { characterOf, KeyBurst, type Stroke } from '@/scan/KeyBurst'
import { grouped, normalised } from '@/scan/labelCode'
import { lumaOf } from '@/scan/luma'
import { stateOfFailure } from '@/scan/useCamera'

const key = (code: string, at: number, shift = false): Stroke => ({ code, shift, capsLock: false, at })
const codeOf = (character: string): string => (/[0-9]/.test(character) ? `Digit${character}` : character === '-' ? 'Minus' : `Key${character.toUpperCase()}`)

/** A scanner types the text, `gap` milliseconds a key, and Enter; the reading of the Enter. */
function scannerTypes(burst: KeyBurst, text: string, gap: number, from = 1000) {
  let at = from
  for (const character of text) {
    const isUpper = /[A-Z]/.test(character)
    if (isUpper) burst.take(key('ShiftLeft', at, true))
    burst.take(key(codeOf(character), (at += gap), isUpper))
  }
  return burst.take(key('Enter', at + gap))
}

describe('a camera frame', () => {
  it('becomes gray by brightness and not by the mean of the colours', () => {
    const rgba = new Uint8ClampedArray([255, 255, 255, 255, 0, 0, 0, 255, 255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255])
    expect([...lumaOf(rgba)]).toEqual([255, 0, 76, 149, 28])
  })

  it('uses the array it is given only when it has the right size', () => {
    const rgba = new Uint8ClampedArray(8)
    const fitting = new Uint8Array(2)
    expect(lumaOf(rgba, fitting)).toBe(fitting)
    expect(lumaOf(rgba, new Uint8Array(3))).toHaveLength(2)
  })
})

describe('the cool-down', () => {
  it('counts a label that is held before the camera once, however long', () => {
    const coolDown = new CoolDown(2000)
    const seen = Array.from({ length: 100 }, (_, frame) => coolDown.isFresh('A', frame * 60))
    expect(seen.filter(Boolean)).toHaveLength(1)
  })

  it('counts it again after it was out of sight for longer than two seconds', () => {
    const coolDown = new CoolDown(2000)
    expect([coolDown.isFresh('A', 0), coolDown.isFresh('A', 2000), coolDown.isFresh('A', 4001)]).toEqual([true, false, true])
  })

  it('lets another label through at once', () => {
    const coolDown = new CoolDown(2000)
    expect([coolDown.isFresh('A', 0), coolDown.isFresh('B', 10), coolDown.isFresh('A', 20)]).toEqual([true, true, false])
  })
})

describe('a scanner that types', () => {
  it('is read by the place of its keys, as an input method leaves no letters', () => {
    // `key` would be “Process” for every one of these.
    expect(scannerTypes(new KeyBurst(), '7K3M-9QTX-4F', 8)).toEqual({ kind: 'text', text: '7K3M-9QTX-4F' })
  })

  it('reads the signs of a label address', () => {
    const codes: [string, boolean][] = [['KeyH', true], ['Semicolon', true], ['Slash', false], ['Slash', false], ['Period', false], ['Numpad7', false]]
    expect(codes.map(([code, shift]) => characterOf({ code, shift, capsLock: false })).join('')).toBe('H://.7')
  })

  it('takes caps lock and shift together for a small letter', () => {
    expect(characterOf({ code: 'KeyA', shift: true, capsLock: true })).toBe('a')
    expect(characterOf({ code: 'KeyA', shift: false, capsLock: true })).toBe('A')
  })

  it('is not mistaken for a fast typist', () => {
    expect(scannerTypes(new KeyBurst(), '7K3M-9QTX-4F', 40).kind).toBe('other')
  })

  it('leaves a short burst and a lone Enter to the page', () => {
    expect(scannerTypes(new KeyBurst(), '7K3M', 5).kind).toBe('other')
    expect(new KeyBurst().take(key('Enter', 5)).kind).toBe('other')
  })

  it('forgets what a person typed before the burst began', () => {
    const burst = new KeyBurst()
    burst.take(key('KeyX', 100))
    burst.take(key('KeyY', 400))
    expect(scannerTypes(burst, '7K3M9QTX4F', 5)).toEqual({ kind: 'text', text: '7K3M9QTX4F' })
  })
})

describe('a typed code', () => {
  it('loses case, blanks, dashes and the wide forms of Chinese input methods', () => {
    expect(normalised(' 7k3m－９ｑtx — 4f ')).toBe('7K3M9QTX4F')
  })

  it('shows in the groups that are printed', () => {
    expect(grouped('7k3m9qtx4f')).toBe('7K3M-9QTX-4F')
    expect(grouped('7k3m9')).toBe('7K3M-9')
  })
})

describe('a camera that does not start', () => {
  it('says why by the name of the error', () => {
    const failed = (name: string) => stateOfFailure(new DOMException('no', name))
    expect(['NotAllowedError', 'NotReadableError', 'NotFoundError', 'OverconstrainedError'].map(failed)).toEqual(['denied', 'busy', 'none', 'none'])
  })
})
