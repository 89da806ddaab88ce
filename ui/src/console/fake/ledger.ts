// Ledger and labels of the fake.
import picture from '@icons/source.svg'

import type { AssetItem, ConsoleApi, ImportPreview, LabelItem, LedgerTable, LedgerVersionItem } from '../api'
import { ConsoleError } from '../error'
import type { LedgerWords } from '../ledger/words'
import { includes, type Pager } from '.'
import { demoAssets, openedAt, visitItems } from './story'

type Part = Pick<ConsoleApi, 'ledgerVersions' | 'assets' | 'ledgerColumns' | 'previewLedger' | 'importLedger' | 'labels' | 'printLabels' | 'labelUrl'>

const racks = visitItems.filter((visit) => visit.kind === 'rack').map((visit) => ({ rack: visit.title.split(' · ')[1] ?? '', room: visit.room_name }))

const assets: readonly AssetItem[] = racks.flatMap(({ rack, room }) =>
  demoAssets.map((entry): AssetItem => ({
    id: `${rack}-${entry.id}`,
    kind: entry.kind,
    name: entry.name,
    brand: entry.brand,
    model: entry.model,
    serial: entry.serial,
    asset_tag: entry.asset_tag,
    owning_unit: entry.owning_unit,
    order_no: entry.order_no,
    room,
    room_name: room,
    rack,
    rack_name: rack,
    position: entry.span.low === entry.span.high ? `U${entry.span.low}` : `U${entry.span.low}-${entry.span.high}`,
    quantity: entry.quantity,
  })),
)

/** The columns of a file; those of one whose name holds “odd” tell nothing by themselves. */
function fakeTable(file: File, said: LedgerWords): LedgerTable {
  const isOdd = file.name.includes('odd')
  const known: Readonly<Record<string, string>> = isOdd ? {} : { 机房: 'room', 机柜: 'rack', 资源类型: 'kind', 型号: 'model' }
  const headings = isOdd ? ['柜子', '叫什么', '这是什么'] : [...Object.keys(known), '旧编号']
  const columns = headings.map((heading) => ({ heading, field: said.columns[heading] ?? known[heading] ?? null }))
  const isTold = columns.some((column) => column.field === 'rack')
  return { file: file.name, sheet: '', kind: isTold ? 'assets' : null, rows: isTold ? 73 : 0, columns }
}

function noHeadings(file: File): ConsoleError {
  return new ConsoleError(422, '422.1', '未能完成', `文件“${file.name}”的前 20 行里没有可识别的表头。请指明各列，然后重新导入。`)
}

/** A file whose name holds “same” changes nothing; every other one removes an asset. */
export function fakePreview(files: readonly File[], said: LedgerWords): ImportPreview {
  const isSame = files.some((file) => file.name.includes('same'))
  const [first, second, third] = assets
  const base = { tables: files.map((file) => fakeTable(file, said)), passed_over: files.map((file) => ({ file: file.name, sheet: '封面' })), rows_read: 73, rows_taken: 72, rows_refused: 1, rooms: 2, racks: 10, assets: assets.length, clusters: 2, orders: 40 }
  if (isSame || !first || !second || !third) {
    return { ...base, rows_refused: 0, rows_taken: 73, problems: [], added: 0, changed: 0, removed: 0, unchanged: assets.length, changes: [], is_changed: false, needs_allow_removals: false, version: null }
  }
  return {
    ...base,
    problems: [
      { file: files[0]?.name ?? '', sheet: '', row: 14, column: '结束U位', value: '1O', listed: false, problem: { zh: 'U位应为数字：“1O”里有字母O。请改成 10 后重新选择文件。', en: 'A rack unit is a number: “1O” holds the letter O. Write 10 and choose the file again.' } },
      { file: files[0]?.name ?? '', sheet: '', row: 22, column: '订单号', value: '', listed: true, problem: { zh: '没有订单号。有订单时请补上，没有则留空。', en: 'No order number. Fill it in if there is one, else leave it blank.' } },
    ],
    added: 1,
    changed: 1,
    removed: 1,
    unchanged: assets.length - 2,
    changes: [
      { change: 'added', asset: { ...first, id: 'new', serial: 'NEW-0001' }, fields: [] },
      { change: 'changed', asset: second, fields: [{ field: 'owning_unit', before: second.owning_unit, after: '云山市档案馆' }] },
      { change: 'removed', asset: third, fields: [] },
    ],
    is_changed: true,
    needs_allow_removals: true,
    version: null,
  }
}

export function createFakeLedger(page: Pager): Part {
  const versions: LedgerVersionItem[] = [2, 1].map((version) => ({
    version,
    sha256: 'e254468ea6642c4d9b136fc1f109773e9b744f118fe8ef47b12b23f9660b2451',
    source: `台账-第${version}版.xlsx`,
    imported_at: openedAt - (3 - version) * 86_400_000,
    rooms: 2,
    racks: racks.length,
    assets: assets.length,
    is_current: version === 2,
    rounds: version === 2 ? 1 : 0,
  }))
  const label = (rack: string, room: string, side: string, index: number): LabelItem => ({
    print: `print-${rack}-${side}-${index}`,
    code: `K7QF-${String(1000 + index)}`,
    subject: { kind: 'rack', id: rack },
    subject_name: rack,
    room_name: room,
    side,
    printed_at: openedAt + index * 1000,
    replaced_by: null,
    has_picture: true,
  })
  const printRacks = (): LabelItem[] => racks.flatMap(({ rack, room }, at) => ['front', 'rear'].map((side, which) => label(rack, room, side, labels.length + at * 2 + which)))
  let labels: LabelItem[] = []
  labels = printRacks()
  labels.push({ ...label('A01', racks[0]?.room ?? '', 'front', 900), replaced_by: labels[0]?.print ?? null })

  return {
    ledgerVersions: async () => versions,
    assets: async (query, after) =>
      page(
        assets.filter(
          (asset) =>
            (!query.room || asset.room === query.room) &&
            (!query.rack || asset.rack === query.rack) &&
            (!query.kind || asset.kind === query.kind) &&
            includes(query, asset.name, asset.brand, asset.model, asset.serial, asset.owning_unit, asset.order_no),
        ),
        after,
      ),
    ledgerColumns: async (files, said) => files.map((file) => fakeTable(file, said)),
    async previewLedger(files, _allow, said) {
      const untold = files.find((file) => fakeTable(file, said).kind === null)
      if (untold) throw noHeadings(untold)
      return fakePreview(files, said)
    },
    async importLedger(files, _allow, said) {
      const preview = fakePreview(files, said)
      if (!preview.is_changed) return preview
      for (const one of versions) one.is_current = false
      const version = (versions[0]?.version ?? 0) + 1
      versions.unshift({ ...versions[0], version, source: files.map((file) => file.name).join(' '), imported_at: Date.now(), is_current: true, rounds: 0 } as LedgerVersionItem)
      return { ...preview, version }
    },
    labels: async (query, after) =>
      page(
        labels.filter(
          (one) => (!query.kind || one.subject.kind === query.kind) && (!query.state || (query.state === 'current') === (one.replaced_by === null)) && includes(query, one.subject_name, one.room_name, one.code),
        ),
        after,
      ),
    async printLabels(wanted) {
      const prints = printRacks().filter((one) => wanted.only_rack === null || one.subject_name === wanted.only_rack)
      let replaced = 0
      for (const old of labels) {
        const next = prints.find((one) => one.subject_name === old.subject_name && one.side === old.side)
        if (!next || old.replaced_by !== null) continue
        old.replaced_by = next.print
        replaced += 1
      }
      labels.unshift(...prints)
      return { prints, replaced, too_small: wanted.height_tenth_mm < 280 ? prints.length : 0 }
    },
    labelUrl: () => picture,
  }
}
