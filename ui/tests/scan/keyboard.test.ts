import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'

import { useKeyboardScanner } from '@/scan/useKeyboardScanner'

const label = 'HTTPS://XUNJIAN.EXAMPLE/L/AM63VF7N5ICHTS7S5UXLHHWFRKZQXSJYF3PVIHVWR4P7ENRCETFM'

describe('a scanner that types into the page', () => {
  let page: VueWrapper
  let now = 1000
  const read = vi.fn<(text: string) => void>()
  const field = (): HTMLInputElement => page.get('input').element

  beforeEach(() => {
    vi.useFakeTimers()
    read.mockReset()
    const Page = defineComponent({
      setup() {
        useKeyboardScanner(read)
        return () => h('div', [h('input', { type: 'text' }), h('button', 'next')])
      },
    })
    page = mount(Page, { attachTo: document.body })
  })
  afterEach(() => {
    page.unmount()
    vi.useRealTimers()
  })

  /** One key at its time; where nobody keeps it from the page, a focused field takes its character. */
  function press(code: string, options: { shift?: boolean; key?: string; target?: EventTarget; composing?: boolean } = {}): KeyboardEvent {
    const { shift = false, key = 'Process', target = document.body, composing = false } = options
    const event = new KeyboardEvent('keydown', { code, key, shiftKey: shift, isComposing: composing, bubbles: true, cancelable: true })
    Object.defineProperty(event, 'timeStamp', { value: now })
    target.dispatchEvent(event)
    if (!event.defaultPrevented && target === field() && key.length === 1) field().value += key
    return event
  }

  const codes: Record<string, readonly [string, boolean]> = { ':': ['Semicolon', true], '/': ['Slash', false], '.': ['Period', false], '-': ['Minus', false] }
  const keyOf = (character: string): readonly [string, boolean] => codes[character] ?? (/\d/.test(character) ? [`Digit${character}`, false] : [`Key${character.toUpperCase()}`, /[A-Z]/.test(character)])

  function types(text: string, gap: number, options: { key?: (character: string) => string; target?: EventTarget; composing?: boolean } = {}): void {
    for (const character of text) {
      const [code, shift] = keyOf(character)
      now += gap
      if (shift) press('ShiftLeft', { shift: true, key: 'Shift', target: options.target, composing: options.composing })
      press(code, { shift, key: options.key?.(character) ?? 'Process', target: options.target, composing: options.composing })
    }
    vi.advanceTimersByTime(gap)
  }

  const ends = (code: string, gap = 2): KeyboardEvent => {
    now += gap
    return press(code, { key: code })
  }

  it('is read at 2 ms a key, Enter at its end kept from the page', () => {
    types(label, 2)
    const enter = ends('Enter')
    expect(read).toHaveBeenCalledExactlyOnceWith(label)
    expect(enter.defaultPrevented, 'Enter would press the focused button').toBe(true)
  })

  it('is read with all keys at the same millisecond', () => {
    types(label, 0)
    ends('Enter', 0)
    expect(read).toHaveBeenCalledExactlyOnceWith(label)
  })

  it('is read with Tab at its end, and Tab does not move the focus', () => {
    types('7K3M9QTX4F', 2)
    const tab = ends('Tab')
    expect(read).toHaveBeenCalledExactlyOnceWith('7K3M9QTX4F')
    expect(tab.defaultPrevented).toBe(true)
  })

  it('is read without any end, a moment after its last key', () => {
    types(label, 2)
    expect(read, 'more keys may come').not.toHaveBeenCalled()
    vi.advanceTimersByTime(200)
    expect(read).toHaveBeenCalledExactlyOnceWith(label)
  })

  it('is not read a second time by an Enter that comes late', () => {
    types('7K3M9QTX4F', 2)
    vi.advanceTimersByTime(200)
    ends('Enter', 250)
    expect(read).toHaveBeenCalledTimes(1)
  })

  it('is read while an input method composes, and what it composed into the field is taken out', () => {
    field().value = '备注'
    field().dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }))
    types('7K3M9QTX4F', 4, { target: field(), composing: true })
    field().value = '备注７Ｋ３'
    ends('Enter')
    field().dispatchEvent(new CompositionEvent('compositionend', { data: '７Ｋ３', bubbles: true }))
    expect(read).toHaveBeenCalledExactlyOnceWith('7K3M9QTX4F')
    expect(field().value, 'the field is as it was').toBe('备注')
  })

  it('is read where an input method makes the characters wide', () => {
    types('7K3M-9QTX-4F', 4, { key: (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0) })
    ends('Enter')
    expect(read).toHaveBeenCalledExactlyOnceWith('7K3M-9QTX-4F')
  })

  it('leaves a person alone: every character stays, Enter and Tab do what they do', () => {
    types('ZhangSan2024', 60, { target: field(), key: (character) => character })
    expect(ends('Tab', 60).defaultPrevented).toBe(false)
    expect(ends('Enter', 60).defaultPrevented).toBe(false)
    vi.advanceTimersByTime(1000)
    expect(read).not.toHaveBeenCalled()
    expect(field().value).toBe('ZhangSan2024')
  })

  it('leaves a roll of three keys alone, as fast fingers make one', () => {
    types('the', 15, { target: field(), key: (character) => character })
    now += 300
    types('n', 200, { target: field(), key: (character) => character })
    vi.advanceTimersByTime(1000)
    expect(read).not.toHaveBeenCalled()
    expect(field().value).toBe('then')
  })
})
