// A short tone for each scan, so that a person can look at the rack and not at the glass: high for right, two low ones for
// wrong. Can be switched off; the choice stays on this tablet.
import { onBeforeUnmount, ref, watch } from 'vue'

const storageKey = 'xunjian.scanSound'
const tones = {
  good: [{ hertz: 1760, from: 0, to: 0.12 }],
  again: [{ hertz: 880, from: 0, to: 0.1 }],
  bad: [
    { hertz: 220, from: 0, to: 0.16 },
    { hertz: 180, from: 0.22, to: 0.46 },
  ],
} as const

export function useBeep() {
  const isOn = ref(localStorage.getItem(storageKey) !== 'off')
  let context: AudioContext | null = null
  watch(isOn, (on) => localStorage.setItem(storageKey, on ? 'on' : 'off'))

  function beep(kind: keyof typeof tones): void {
    if (!isOn.value || typeof AudioContext === 'undefined') return
    context ??= new AudioContext()
    // Until the first touch browsers keep sound back; the flash and the word are there anyway.
    void context.resume().catch(() => undefined)
    for (const { hertz, from, to } of tones[kind]) {
      const [oscillator, gain] = [context.createOscillator(), context.createGain()]
      const start = context.currentTime
      oscillator.type = kind === 'bad' ? 'square' : 'sine'
      oscillator.frequency.value = hertz
      gain.gain.setValueAtTime(0.4, start + from)
      // Fading out spares the click at the end.
      gain.gain.exponentialRampToValueAtTime(0.001, start + to)
      oscillator.connect(gain).connect(context.destination)
      oscillator.start(start + from)
      oscillator.stop(start + to)
    }
  }

  onBeforeUnmount(() => void context?.close().catch(() => undefined))
  return { isOn, beep }
}
