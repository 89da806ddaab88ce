// Listens for a barcode scanner that types. What a person types stays where it was typed; only when the keys turn out to be
// a burst are they taken, and the first of them, which a focused field has swallowed by then, are taken out of it again.
import { onBeforeUnmount, onMounted } from 'vue'

import { KeyBurst, shortestText } from './KeyBurst'

/** From this many keys on it is no person, and the keys are kept from the page. */
const surelyBurst = 4
/** A burst without an end is over after this. Shorter than a person's next key, longer than a scanner's slowest. */
const silenceMs = 120

type TextField = HTMLInputElement | HTMLTextAreaElement

const fieldOf = (target: EventTarget | null): TextField | null =>
  target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && !['button', 'checkbox', 'radio', 'range', 'file'].includes(target.type)) ? target : null

export function useKeyboardScanner(onText: (text: string) => void): void {
  const burst = new KeyBurst()
  let before: { readonly field: TextField; readonly value: string } | null = null
  let silence = 0

  function giveBack(): void {
    if (before && before.field.value !== before.value) {
      before.field.value = before.value
      before.field.dispatchEvent(new Event('input', { bubbles: true }))
    }
    before = null
  }

  function take(text: string): void {
    giveBack()
    onText(text)
  }

  function onSilence(): void {
    const reading = burst.end()
    if (reading.kind === 'text') take(reading.text)
  }

  function onKey(event: KeyboardEvent): void {
    // Ctrl, Alt and Meta make commands, never a label's text.
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return
    const stroke = { code: event.code, shift: event.shiftKey, capsLock: event.getModifierState('CapsLock'), at: event.timeStamp }
    const reading = burst.take(stroke)
    window.clearTimeout(silence)
    if (reading.kind === 'part') {
      const field = fieldOf(event.target)
      if (reading.length === 1) before = field ? { field, value: field.value } : null
      if (reading.length >= surelyBurst) event.preventDefault()
      if (reading.length >= shortestText) silence = window.setTimeout(onSilence, silenceMs)
    }
    if (reading.kind === 'text') {
      // Enter would press the focused button or send the form, Tab would move on.
      event.preventDefault()
      event.stopPropagation()
      take(reading.text)
    }
  }

  // Before the page's own listeners, so that Enter can be kept from them.
  onMounted(() => window.addEventListener('keydown', onKey, true))
  onBeforeUnmount(() => {
    window.clearTimeout(silence)
    window.removeEventListener('keydown', onKey, true)
  })
}
