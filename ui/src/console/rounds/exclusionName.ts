// What people call a place that is left out.
import type { Exclusion } from '../api'
import type { RoomPlace } from '../parts/usePlaces'

const places: readonly string[] = ['room', 'rack', 'cluster', 'system']

/** A place, and no asset: leaving out a rack leaves out everything in it, one by one. */
export const isPlace = (exclusion: Exclusion): boolean => places.includes(exclusion.subject.kind)

export function nameOfExclusion(exclusion: Exclusion, rooms: readonly RoomPlace[]): string {
  const { id } = exclusion.subject
  for (const room of rooms) {
    if (room.id === id) return room.name
    const rack = room.racks.find((one) => one.id === id)
    if (rack) return `${room.name} · ${rack.name}`
  }
  return id
}
