// Tells a barcode scanner that types (HID) from a person: a scanner sends its keys a few milliseconds apart and ends with
// Enter, with Tab, or with nothing. Goes by the place of the keys (`code`), because a Chinese input method that is on turns `key` into “Process”.

export interface Stroke {
  readonly code: string
  readonly shift: boolean
  readonly capsLock: boolean
  /** Milliseconds on any steady clock. */
  readonly at: number
}

/** What a stroke means: nothing of a burst, part of one, or the end with its text. */
export type Reading = { readonly kind: 'other' } | { readonly kind: 'part'; readonly length: number } | { readonly kind: 'text'; readonly text: string }

/** Keys of one burst come closer together than this. */
export const burstGapMs = 35
/** Shorter bursts are a person's fingers: a label's code has ten characters. */
export const shortestText = 6

const plain: Readonly<Record<string, readonly [string, string]>> = {
  Minus: ['-', '_'],
  Equal: ['=', '+'],
  BracketLeft: ['[', '{'],
  BracketRight: [']', '}'],
  Backslash: ['\\', '|'],
  Semicolon: [';', ':'],
  Quote: ["'", '"'],
  Backquote: ['`', '~'],
  Comma: [',', '<'],
  Period: ['.', '>'],
  Slash: ['/', '?'],
  Space: [' ', ' '],
  NumpadDivide: ['/', '/'],
  NumpadMultiply: ['*', '*'],
  NumpadSubtract: ['-', '-'],
  NumpadAdd: ['+', '+'],
  NumpadDecimal: ['.', '.'],
}
const shiftedDigits = ')!@#$%^&*('

/** The character of a key on the US layout, which every scanner types unless told otherwise; `null` for keys without one. */
export function characterOf({ code, shift, capsLock }: Pick<Stroke, 'code' | 'shift' | 'capsLock'>): string | null {
  const letter = /^Key([A-Z])$/.exec(code)?.[1]
  if (letter) return shift !== capsLock ? letter : letter.toLowerCase()
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1]
  if (digit) return shift && code.startsWith('Digit') ? (shiftedDigits[Number(digit)] ?? null) : digit
  return plain[code]?.[shift ? 1 : 0] ?? null
}

export class KeyBurst {
  private text = ''
  private last = Number.NEGATIVE_INFINITY

  /** Takes one key press. */
  take(stroke: Stroke): Reading {
    const isNear = stroke.at - this.last < burstGapMs
    if (stroke.code === 'Enter' || stroke.code === 'NumpadEnter' || stroke.code === 'Tab') return isNear ? this.end() : this.forget()
    // Scanners press Shift before each capital; it belongs to the burst and says nothing by itself.
    if (stroke.code.startsWith('Shift') || stroke.code === 'CapsLock') {
      if (isNear) this.last = stroke.at
      return { kind: 'other' }
    }
    const character = characterOf(stroke)
    if (character === null) return this.forget()
    this.text = isNear ? this.text + character : character
    this.last = stroke.at
    return { kind: 'part', length: this.text.length }
  }

  /** No more keys came: the burst so far, for a scanner that sends nothing at its end. */
  end(): Reading {
    const { text } = this
    this.forget()
    return text.length >= shortestText ? { kind: 'text', text } : { kind: 'other' }
  }

  private forget(): Reading {
    this.text = ''
    this.last = Number.NEGATIVE_INFINITY
    return { kind: 'other' }
  }
}
