// How today's visits stand on the page: by round, then by room with the room's own visit first; what belongs to no room comes last. Pure.
import type { TodayRound, TodayVisit } from '@/gen'

export const filters = ['all', 'mine', 'open', 'ready'] as const
export type Filter = (typeof filters)[number]

export interface Place {
  /** Empty for clusters and systems of no room. */
  readonly room: string
  readonly visits: readonly TodayVisit[]
}

export function passes(visit: TodayVisit, filter: Filter): boolean {
  if (filter === 'mine') return visit.is_mine
  if (filter === 'open') return visit.state === 'not_started' || visit.state === 'draft' || visit.state === 'returned'
  return filter === 'all' || visit.ready
}

const order: Readonly<Record<string, number>> = { room: 0, rack: 1, system: 2, cluster: 3 }

export function placesOf(round: TodayRound, filter: Filter): Place[] {
  const rooms = new Map<string, TodayVisit[]>()
  for (const visit of round.visits.filter((one) => passes(one, filter))) rooms.set(visit.room_name, [...(rooms.get(visit.room_name) ?? []), visit])
  const places = [...rooms].map(([room, visits]): Place => ({
    room,
    // The order of walking stays within a kind: sorting is stable.
    visits: visits.sort((one, other) => (order[one.kind] ?? 9) - (order[other.kind] ?? 9)),
  }))
  return [...places.filter((place) => place.room !== ''), ...places.filter((place) => place.room === '')]
}

/** The title without the room, which stands above. */
export function shortTitle(visit: TodayVisit): string {
  const prefix = `${visit.room_name} · `
  return visit.room_name && visit.title.startsWith(prefix) ? visit.title.slice(prefix.length) : visit.title
}

/** Days since the last due day; 0 while there is time. */
export function daysOverdue(dueBy: string, today: string): number {
  return Math.max(0, Math.round((Date.parse(today) - Date.parse(dueBy)) / 86_400_000))
}
