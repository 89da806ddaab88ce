// Change sets of the fake: one that waits, one that was applied, one that was refused.
import type { AssetItem, ChangeSetDetail, ChangeSetItem, ConsoleApi } from '../api'
import { ConsoleError } from '../error'
import { includes, type Pager } from '.'
import { demoAssets, inspector, openedAt, recordItems, round } from './story'

type Part = Pick<ConsoleApi, 'ledgerChanges' | 'ledgerChange'>

const item = (id: string, state: ChangeSetItem['state'], at: number): ChangeSetItem => ({
  id: id.repeat(32),
  round: round.id,
  round_title: round.title,
  base: 2,
  added: 1,
  changed: 1,
  removed: 0,
  records: 1,
  proposed_by: 'xunjian',
  proposed_at: openedAt + at,
  state,
  decided_by: state === 'proposed' ? '' : '周䶮',
  decided_at: state === 'proposed' ? null : openedAt + at + 3_600_000,
  version: state === 'approved' ? 3 : null,
})

const asset = (index: number): AssetItem => {
  const entry = demoAssets[index]
  if (!entry) throw new Error('the demo rack has assets')
  const { id, kind, name, brand, model, serial, asset_tag, owning_unit, order_no, quantity } = entry
  return { id, kind, name, brand, model, serial, asset_tag, owning_unit, order_no, quantity, room: 'room-1', room_name: '云山一区机房', rack: 'A01', rack_name: 'A01', position: 'U4-5' }
}

export function createFakeChanges(page: Pager): Part {
  const all = [item('a1', 'proposed', 7_200_000), item('b2', 'approved', 3_600_000), item('c3', 'rejected', 0)]
  const detail = (one: ChangeSetItem): ChangeSetDetail => {
    const because = [{ record: recordItems[1]?.id ?? '', title: recordItems[1]?.title ?? '', inspector_name: inspector.name }]
    return {
      item: one,
      reason: one.state === 'rejected' ? '型号以采购合同为准' : '',
      leaf: one.state === 'proposed' ? null : 70,
      is_outdated: false,
      changes: [
        { change: 'changed', asset: asset(0), fields: [{ field: 'model', before: 'RH2288H V3', after: 'RH2288H V5' }], because },
        { change: 'added', asset: asset(1), fields: [], because },
      ],
    }
  }
  return {
    ledgerChanges: async (query, after) => page(all.filter((one) => (!query.state || one.state === query.state) && (!query.round || one.round === query.round) && includes(query, one.id)), after),
    async ledgerChange(id) {
      const found = all.find((one) => one.id === id)
      if (!found) throw new ConsoleError(404, '404.3', '没有这一项。', id)
      return detail(found)
    },
  }
}
