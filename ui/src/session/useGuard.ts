// Sends an unenrolled tablet to its enrolment and a locked one to its lock screen, and back to where the person was.
import { ref, type Ref } from 'vue'
import { useRouter } from 'vue-router'

import { useBackend } from '@/backend'

import { keepPlaces } from './place'
import { walks } from './roles'
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

  // The first page is chosen once it is known who may see it: no other page's files are loaded before that.
  const known = session.read().catch(() => undefined)

  router.beforeEach(async (to, from) => {
    await known
    // The first page of whoever only reviews is the list of records.
    if (to.name === 'today' && session.person && !walks(session.person)) return { name: 'review', replace: true }
    const answer = allowed(to.meta.open === true || to.name === 'settings')
    const isFirst = from.matched.length === 0
    return answer === true ? true : { ...answer, query: isFirst || to.fullPath === '/' ? {} : { to: to.fullPath } }
  })

  void known.then(() => router.isReady()).then(() => (ready.value = true))
  return { ready }
}
