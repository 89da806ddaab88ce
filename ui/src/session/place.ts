// Where the person is, kept so that a killed program or a locked tablet opens at the same page again.
import type { Router } from 'vue-router'

import type { Backend } from '@/backend'

export const placeKey = 'place'

/** Pages that are a way out of another one, or that would act at once: nobody wants to wake up in them. */
const passing = new Set(['settings', 'camera', 'annotate', 'visit-scan', 'seal'])

/** Keeps every page that someone unlocked arrives at. A failure costs a tap later, nothing else: it is not reported. */
export function keepPlaces(router: Router, backend: Backend, isUnlocked: () => boolean): void {
  router.afterEach((to) => {
    if (!isUnlocked() || to.meta.open || passing.has(String(to.name))) return
    void backend.keepScratch(placeKey, to.fullPath).catch(() => undefined)
  })
}
