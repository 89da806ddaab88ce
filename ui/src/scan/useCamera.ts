// The tablet's camera for scanning and for photos: starts it, says in which way it failed, offers torch, zoom and a choice of
// camera only where the track has them, and lets go of it when the page is left or hidden (another app may want it, and a
// camera light that stays on frightens people).
import { computed, onBeforeUnmount, onMounted, ref, type Ref, shallowRef, watch } from 'vue'

export type CameraState = 'starting' | 'on' | 'off' | 'denied' | 'none' | 'busy'

// Fields of the Image Capture draft that TypeScript's DOM types leave out.
interface MoreCapabilities extends MediaTrackCapabilities {
  readonly torch?: boolean
  readonly zoom?: { readonly min: number; readonly max: number; readonly step?: number }
}

export interface CameraOptions {
  readonly width: number
  readonly height: number
}

/** Which of our states an error of getUserMedia means. */
export function stateOfFailure(error: unknown): CameraState {
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  return 'none'
}

export function useCamera(video: Ref<HTMLVideoElement | null>, options: CameraOptions) {
  const state = ref<CameraState>('off')
  const track = shallowRef<MediaStreamTrack | null>(null)
  const cameras = ref<MediaDeviceInfo[]>([])
  const chosen = ref('')
  const torch = ref(false)
  const zoom = ref(1)
  const capabilities = shallowRef<MoreCapabilities>({})
  // A start that was overtaken by a stop must not switch the camera on again.
  let turn = 0

  const hasTorch = computed(() => capabilities.value.torch === true)
  const zoomRange = computed(() => {
    const range = capabilities.value.zoom
    return range && range.max > range.min ? { min: range.min, max: range.max, step: range.step || 0.1 } : null
  })

  function stop(): void {
    turn += 1
    track.value?.stop()
    track.value = null
    if (video.value) video.value.srcObject = null
    torch.value = false
    if (state.value === 'on' || state.value === 'starting') state.value = 'off'
  }

  async function start(): Promise<void> {
    stop()
    const mine = turn
    if (!navigator.mediaDevices?.getUserMedia) {
      state.value = 'none'
      return
    }
    state.value = 'starting'
    try {
      const which = chosen.value ? { deviceId: { exact: chosen.value } } : { facingMode: 'environment' }
      const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...which, width: { ideal: options.width }, height: { ideal: options.height } } })
      const [first] = stream.getVideoTracks()
      if (mine !== turn || !first) {
        stream.getTracks().forEach((one) => one.stop())
        return
      }
      track.value = first
      capabilities.value = first.getCapabilities?.() ?? {}
      zoom.value = (first.getSettings() as { zoom?: number }).zoom ?? zoomRange.value?.min ?? 1
      // Pulled out or taken away by the system.
      first.addEventListener('ended', () => {
        if (track.value === first) {
          stop()
          state.value = 'busy'
        }
      })
      if (video.value) {
        video.value.srcObject = stream
        await video.value.play().catch(() => undefined)
      }
      if (mine !== turn) return
      state.value = 'on'
      const devices = await navigator.mediaDevices.enumerateDevices().catch(() => [])
      cameras.value = devices.filter((device) => device.kind === 'videoinput')
    } catch (error) {
      if (mine === turn) state.value = stateOfFailure(error)
    }
  }

  async function setTorch(on: boolean): Promise<void> {
    await track.value?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] }).then(() => (torch.value = on), () => undefined)
  }

  async function setZoom(value: number): Promise<void> {
    zoom.value = value
    await track.value?.applyConstraints({ advanced: [{ zoom: value } as MediaTrackConstraintSet] }).catch(() => undefined)
  }

  async function choose(device: string): Promise<void> {
    chosen.value = device
    await start()
  }

  const follow = (): void => {
    if (document.hidden) stop()
    else if (state.value === 'off') void start()
  }
  onMounted(() => {
    document.addEventListener('visibilitychange', follow)
    if (!document.hidden) void start()
  })
  // A video element that comes later gets the stream that is already there.
  watch(video, (element) => {
    if (element && track.value && !element.srcObject) {
      element.srcObject = new MediaStream([track.value])
      void element.play().catch(() => undefined)
    }
  })
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', follow)
    stop()
  })

  return { state, track, cameras, chosen, torch, zoom, hasTorch, zoomRange, start, stop, setTorch, setZoom, choose }
}
