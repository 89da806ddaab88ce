// Sends camera frames to the engine's decoder, one at a time: a slow tablet reads fewer frames, it does not queue them.
import { onBeforeUnmount, ref, type Ref, watch } from 'vue'

import { useBackend } from '@/backend'

import { CoolDown } from './CoolDown'
import { lumaOf } from './luma'

/** The wait between two frames. With some 20 ms to fetch and read one, five frames fit in 300 ms; the rest is the page's. */
const pauseMs = 40

export function useFrameReader(video: Ref<HTMLVideoElement | null>, isOn: Ref<boolean>, onText: (text: string) => void) {
  const backend = useBackend()
  const error = ref<unknown>(null)
  const coolDown = new CoolDown()
  const canvas = document.createElement('canvas')
  let timer = 0
  let run = 0

  async function readOne(mine: number): Promise<void> {
    const source = video.value
    const [width, height] = [source?.videoWidth ?? 0, source?.videoHeight ?? 0]
    if (source && width > 0 && height > 0) {
      if (canvas.width !== width) canvas.width = width
      if (canvas.height !== height) canvas.height = height
      const context = canvas.getContext('2d', { willReadFrequently: true })
      if (context) {
        context.drawImage(source, 0, 0, width, height)
        // A new array for each frame: the border may hand the bytes over to another thread.
        const luma = lumaOf(context.getImageData(0, 0, width, height).data)
        const texts = await backend.readFrame(width, height, luma)
        if (mine !== run) return
        error.value = null
        for (const text of texts) if (coolDown.isFresh(text, performance.now())) onText(text)
      }
    }
  }

  function plan(mine: number, wait: number): void {
    timer = window.setTimeout(() => {
      readOne(mine)
        // A frame that fails is shown once and does not end the scanning.
        .catch((problem: unknown) => (error.value = problem))
        .finally(() => mine === run && plan(mine, error.value ? 1000 : pauseMs))
    }, wait)
  }

  watch(
    isOn,
    (on) => {
      run += 1
      window.clearTimeout(timer)
      if (on) plan(run, 0)
    },
    { immediate: true },
  )
  onBeforeUnmount(() => {
    run += 1
    window.clearTimeout(timer)
    canvas.width = 0
  })
  return { error }
}
