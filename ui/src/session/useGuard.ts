// Sends an unenrolled tablet to its enrolment and a locked one to its lock screen, and back to where the person was.
import { ref, type Ref } from 'vue'
import { useRouter } from 'vue-router'

import { useBackend } from '@/backend'

import { keepPlaces } from './place'
import { useSession } from './store'

export function useGuard(): { ready: Ref<boolean> } {
  const router = useRouter()
  const session = useSession()
  const ready = ref(false)
  keepPlaces(router, useBackend(), () => session.person !== null)

  const allowed = (isOpen: boolean): true | { name: string; query?: Record<string, string>; replace: true } => {
    // A session that could not be read is not a fresh tablet: the lock screen says what is wrong and tries again.
    if (!session.view) return isOpen ? true : { name: 'unlock', replace: true }
    if (!session.view.enrolled) return isOpen ? true : { name: 'enrol', replace: true }
    if (!session.person && !isOpen) return { name: 'unlock', replace: true }
    return true
  }

  router.beforeEach((to) => {
    if (!ready.value) return true
    const answer = allowed(to.meta.open === true || to.name === 'settings')
    return answer === true ? true : { ...answer, query: to.fullPath === '/' ? {} : { to: to.fullPath } }
  })

  async function begin(): Promise<void> {
    await session.read().catch(() => undefined)
    await router.isReady()
    ready.value = true
    const here = router.currentRoute.value
    const answer = allowed(here.meta.open === true || here.name === 'settings')
    if (answer !== true) await router.replace(answer)
  }
  void begin()
  return { ready }
}
