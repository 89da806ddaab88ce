// Where the person is inside a checklist: the group, the item at the top, how far it is scrolled. Kept by the engine, so that a killed
// app opens there again; the page itself is kept by `session/place.ts`, which the lock screen goes back to.
import { defineStore } from 'pinia'

import { useBackend } from '@/backend'

const key = 'spot'
const settleMs = 150

/** The spot in a checklist. */
export interface Spot {
  readonly visit: string
  readonly group: string
  /** The first item in sight, and how many pixels of it are above the edge. */
  readonly line: number | null
  readonly offset: number
  /** One pane only: whether it shows the groups or their items. */
  readonly pane: 'groups' | 'items'
}

export const usePlace = defineStore('spot', () => {
  const backend = useBackend()
  /** Of this run of the app; the engine keeps the newest alone. */
  const spots = new Map<string, Spot>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function keepSpot(spot: Spot): void {
    if (JSON.stringify(spots.get(spot.visit)) === JSON.stringify(spot)) return
    spots.set(spot.visit, spot)
    clearTimeout(timer)
    // Losing the spot is no loss of work, so a failure is not worth a banner.
    timer = setTimeout(() => void backend.keepScratch(key, JSON.stringify(spot)).catch(() => undefined), settleMs)
  }

  /** The spot in this visit where the person left off. */
  async function spotOf(visit: string): Promise<Spot | null> {
    const here = spots.get(visit)
    if (here) return here
    const kept = parse(await backend.scratch(key).catch(() => null))
    return kept?.visit === visit ? kept : null
  }

  return { keepSpot, spotOf }
})

function parse(text: string | null): Spot | null {
  try {
    const spot = text ? (JSON.parse(text) as Partial<Spot>) : null
    return typeof spot?.visit === 'string' && typeof spot.group === 'string' ? ({ line: null, offset: 0, pane: 'items', ...spot } as Spot) : null
  } catch {
    return null
  }
}
