// Keeps and restores the spot in the items' pane: the first item in sight and how far it is scrolled. By item, not by pixels, because turning the
// tablet changes every height.
import { nextTick, type Ref } from 'vue'

import { type Spot, usePlace } from './place'

export function useSpot(visit: () => string, scroller: Ref<HTMLElement | undefined>, group: Ref<string | null>, pane: Ref<Spot['pane']>) {
  const place = usePlace()
  let isFrozen = false
  let frame = 0

  const items = (): HTMLElement[] => [...(scroller.value?.querySelectorAll<HTMLElement>('[data-line]') ?? [])]

  function read(): Spot {
    const top = scroller.value?.getBoundingClientRect().top ?? 0
    const first = items().find((item) => item.getBoundingClientRect().bottom > top + 1)
    return {
      visit: visit(),
      group: group.value ?? '',
      line: first ? Number(first.dataset.line) : null,
      offset: first ? Math.round(top - first.getBoundingClientRect().top) : 0,
      pane: pane.value,
    }
  }

  function keep(): void {
    if (isFrozen || frame) return
    frame = requestAnimationFrame(() => {
      frame = 0
      if (!isFrozen && group.value) place.keepSpot(read())
    })
  }

  /** Puts the spot back where it was on the glass. */
  async function show(spot: Spot): Promise<void> {
    isFrozen = true
    await nextTick()
    // Items that were never painted have estimated heights, and drafts come back from the disk: look until it stays.
    for (let look = 0; look < 6; look += 1) {
      const item = items().find((one) => Number(one.dataset.line) === spot.line)
      if (item && scroller.value) scroller.value.scrollTop += item.getBoundingClientRect().top - scroller.value.getBoundingClientRect().top + spot.offset
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    isFrozen = false
  }

  return { keep, read, show, spotOf: place.spotOf }
}
