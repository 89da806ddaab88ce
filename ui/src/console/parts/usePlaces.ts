// The rooms and racks that filters and forms offer: those of the newest plan, else those that the ledger's assets stand in.
import { type Ref, ref } from 'vue'

import type { ConsoleApi } from '../api'

export interface Place {
  readonly id: string
  readonly name: string
}
export interface RoomPlace extends Place {
  readonly racks: readonly Place[]
}

// A ledger without any plan is being set up; its first pages name its rooms well enough.
const pagesAtMost = 10

export function usePlaces(api: ConsoleApi): Readonly<Ref<readonly RoomPlace[]>> {
  const rooms = ref<readonly RoomPlace[]>([])
  // Without places a filter offers less and the list still works: its own error is shown there.
  void findPlaces(api).then(
    (found) => (rooms.value = found),
    () => undefined,
  )
  return rooms
}

async function findPlaces(api: ConsoleApi): Promise<RoomPlace[]> {
  const overview = await api.overview('')
  if (overview.rooms.length > 0) {
    return overview.rooms.map((room) => ({ id: room.room, name: room.name, racks: room.racks.map((rack) => ({ id: rack.rack, name: rack.name })) }))
  }
  const rooms = new Map<string, { id: string; name: string; racks: Map<string, Place> }>()
  let after: string | null = null
  for (let page = 0; page < pagesAtMost; page += 1) {
    const answer: Awaited<ReturnType<ConsoleApi['assets']>> = await api.assets({}, after)
    for (const asset of answer.items) {
      const room = rooms.get(asset.room) ?? { id: asset.room, name: asset.room_name, racks: new Map<string, Place>() }
      room.racks.set(asset.rack, { id: asset.rack, name: asset.rack_name })
      rooms.set(asset.room, room)
    }
    after = answer.next
    if (after === null) break
  }
  return [...rooms.values()].map((room) => ({ ...room, racks: [...room.racks.values()] }))
}
