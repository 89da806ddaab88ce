// Judges scans one after another, whatever way they came, and keeps what is to be seen and heard of them.
import { computed, onBeforeUnmount, ref, shallowRef } from 'vue'

import { useBackend } from '@/backend'
import type { ScanSource, ScanVerdict, Text } from '@/gen'

import { useBeep } from './useBeep'
import { soundOf } from './verdicts'

/** What came of one scan. */
export interface Judgement {
  readonly verdict: ScanVerdict
  /** What the label names; empty where that is not known. */
  readonly name: string
  readonly position: string
  readonly message: Text
  /** Key of the word where the verdict's own says too much: a look-up compares with no place. */
  readonly word?: string
  /** Key of what to do next, where it is not the verdict's usual. */
  readonly next?: string
}

export interface Scan extends Judgement {
  readonly id: number
  readonly text: string
  readonly source: ScanSource
  readonly at: number
}

const flashMs = 900
const kept = 5

export function useScans(judge: (text: string, source: ScanSource) => Promise<Judgement>) {
  const backend = useBackend()
  const { isOn: sound, beep } = useBeep()
  const last = shallowRef<readonly Scan[]>([])
  const error = ref<unknown>(null)
  const waiting = ref(0)
  const isFlashing = ref(false)
  const noneInPicture = ref(false)
  let line: Promise<unknown> = Promise.resolve()
  let timer = 0
  let ids = 0

  async function one(text: string, source: ScanSource): Promise<boolean> {
    noneInPicture.value = false
    try {
      const judgement = await judge(text, source)
      ids += 1
      last.value = [{ ...judgement, id: ids, text, source, at: Date.now() }, ...last.value].slice(0, kept)
      error.value = null
      beep(soundOf(judgement.verdict))
      isFlashing.value = true
      window.clearTimeout(timer)
      timer = window.setTimeout(() => (isFlashing.value = false), flashMs)
      return true
    } catch (problem) {
      error.value = problem
      beep('bad')
      return false
    } finally {
      waiting.value -= 1
    }
  }

  /** One text after another, so that a slow answer cannot show a label under another one's verdict. */
  function take(text: string, source: ScanSource): Promise<boolean> {
    waiting.value += 1
    const answer = line.then(() => one(text, source))
    line = answer
    return answer
  }

  async function takePicture(file: File): Promise<void> {
    waiting.value += 1
    noneInPicture.value = false
    try {
      const texts = await backend.readPicture(new Uint8Array(await file.arrayBuffer()))
      noneInPicture.value = texts.length === 0
      error.value = null
      for (const text of texts) await take(text, 'file')
    } catch (problem) {
      error.value = problem
      beep('bad')
    } finally {
      waiting.value -= 1
    }
  }

  onBeforeUnmount(() => window.clearTimeout(timer))
  return { last, newest: computed(() => last.value[0] ?? null), error, busy: computed(() => waiting.value > 0), isFlashing, noneInPicture, sound, take, takePicture }
}
