// 自动锁定: a tablet that nobody touched for as long as it is set to locks itself. The shell does the same a little later, in
// case this page hangs; this one is what brings the lock screen up and the person back to the same place.
import { onScopeDispose, watch } from 'vue'
import { useRouter } from 'vue-router'

import { useBackend } from '@/backend'

import { useSession } from './store'

const touches = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const
/** The shell hears of touches at most this often. */
const tellEveryMs = 10_000
const lookEveryMs = 5_000

export function useAutoLock(now: () => number = () => Date.now()): void {
  const backend = useBackend()
  const session = useSession()
  const router = useRouter()
  let touchedAt = now()
  let toldAt = 0
  let isLocking = false

  const isLeft = (): boolean => session.person !== null && now() - touchedAt >= (session.view?.auto_lock_minutes ?? 15) * 60_000

  async function lock(): Promise<void> {
    if (isLocking) return
    isLocking = true
    const here = router.currentRoute.value
    try {
      await session.lock()
      // What is typed here is in the database already; the way back goes past the lock screen.
      await router.replace({ name: 'unlock', query: here.meta.open ? {} : { to: here.fullPath } })
    } catch {
      // The shell locks by itself; whatever is asked next says so.
    } finally {
      isLocking = false
    }
  }

  function touched(): void {
    // The first touch after a sleep comes too late: timers rest while the tablet does.
    if (isLeft()) return void lock()
    touchedAt = now()
    if (session.person === null || touchedAt - toldAt < tellEveryMs) return
    toldAt = touchedAt
    void backend.touched().catch(() => undefined)
  }

  for (const touch of touches) window.addEventListener(touch, touched, { capture: true, passive: true })
  const timer = window.setInterval(() => {
    if (isLeft()) void lock()
  }, lookEveryMs)
  watch(() => session.person?.id, () => (touchedAt = now()))
  onScopeDispose(() => {
    window.clearInterval(timer)
    for (const touch of touches) window.removeEventListener(touch, touched, { capture: true })
  })
}
