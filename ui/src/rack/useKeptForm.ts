// A form whose half-written content survives a kill: each change goes to the engine's scratch at once, one write at a time
// and always the newest, and comes back when the page opens again.
import { nextTick, ref, type Ref, watch } from 'vue'

import { useBackend } from '@/backend'

export interface KeptForm<T> {
  readonly form: Ref<T>
  /** Whether the content came back from an earlier time. */
  readonly isRestored: Ref<boolean>
  readonly isReady: Ref<boolean>
  /** After storing for good: empties the scratch. */
  clear(): Promise<void>
}

export function useKeptForm<T extends object>(key: string, initial: () => T): KeptForm<T> {
  const backend = useBackend()
  const form = ref(initial()) as Ref<T>
  const isRestored = ref(false)
  const isReady = ref(false)
  let wanted: string | null = null
  let line: Promise<unknown> = Promise.resolve()

  // A scratch that cannot be written must not stop anyone from typing; storing for good says its own errors.
  function write(text: string | null): Promise<unknown> {
    wanted = text
    line = line.then(() => (wanted === text ? backend.keepScratch(key, text).catch(() => undefined) : undefined))
    return line
  }

  async function begin(): Promise<void> {
    const text = await backend.scratch(key).catch(() => null)
    if (text) {
      try {
        form.value = { ...initial(), ...(JSON.parse(text) as Partial<T>) }
        isRestored.value = true
      } catch {
        // What cannot be read was not written by this version; the form begins empty.
      }
    }
    await nextTick()
    isReady.value = true
    // Back at the beginning there is nothing to keep.
    const keep = (now: T): string | null => {
      const text = JSON.stringify(now)
      return text === JSON.stringify(initial()) ? null : text
    }
    watch(form, (now) => void write(keep(now)), { deep: true, flush: 'sync' })
  }

  void begin()
  return {
    form,
    isRestored,
    isReady,
    async clear() {
      await write(null)
    },
  }
}
