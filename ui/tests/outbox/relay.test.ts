import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { Backend } from '@/backend'
import { createFakeBackend, type FakeOptions } from '@/backend/fake'
import type { RelayTaken, SyncReport } from '@/gen'
import RelayPanel from '@/outbox/RelayPanel.vue'

import { mountAppPage } from '../mountPage'

type Page = Awaited<ReturnType<typeof mountAppPage>>
const by = (page: Page, id: string) => page.find(`[data-testid="${id}"]`)
const sticks = [
  { folder: '/media/li/巡检U盘', name: '巡检U盘', free_bytes: 15_000_000_000 },
  { folder: '/media/li/备用', name: '备用', free_bytes: 3_000_000_000 },
]
const report: SyncReport = { passes: 1, submitted: 2, identical: 0, refused: 0, blobs_sent: 0, blob_bytes_sent: 0, delivered: 2, still_pending: 0, quarantined: 0, errors: [] }

/** The panel, opened; `calls` is what it asked of the backend. */
async function opened(options: FakeOptions, taken?: RelayTaken): Promise<{ page: Page; calls: string[] }> {
  const calls: string[] = []
  const fake = createFakeBackend(options)
  const backend = Object.assign(Object.create(fake) as Backend, {
    relayExport: ((folder, progress) => (calls.push(`export ${folder}`), fake.relayExport(folder, progress))) as Backend['relayExport'],
    relayImport: (async (place) => {
      calls.push(`import ${place}`)
      return taken ?? fake.relayImport(place)
    }) as Backend['relayImport'],
  })
  const page = await mountAppPage(RelayPanel, { backend })
  await by(page, 'relay-open').trigger('click')
  await flushPromises()
  return { page, calls }
}

const press = async (page: Page, id: string): Promise<void> => {
  await by(page, id).trigger('click')
  await flushPromises()
}

describe('relay by a stick', () => {
  it('offers the sticks that are plugged in, and writes to the one that was pressed', async () => {
    const { page, calls } = await opened({ carriers: sticks })
    expect(by(page, 'carrier-巡检U盘').attributes('aria-checked')).toBe('true')
    expect(by(page, 'carrier-备用').text()).toContain('3.0 GB')
    await press(page, 'carrier-备用')
    await press(page, 'relay-export')
    expect(calls).toEqual(['export /media/li/备用'])
    const written = by(page, 'relay-exported').text()
    expect(written).toContain('记录 2 份')
    expect(written).toContain('xunjian-up-c0ffee00-1-1.xunjian-relay')
    expect(written).toContain('也不算送达')
  })

  it('says that there is none, and takes a folder that was typed instead', async () => {
    const { page, calls } = await opened({})
    expect(by(page, 'carrier-none').exists()).toBe(true)
    expect(by(page, 'relay-export').attributes('disabled')).toBeDefined()
    await by(page, 'carrier-folder').setValue(' /srv/front ')
    await press(page, 'relay-import')
    expect(calls).toEqual(['import /srv/front'])
    expect(page.text()).toContain('没有找到服务端的应答')
  })

  it('tells what answers brought, what was refused, and what is for others', async () => {
    const damaged = { record: null, blob: null, code: 'integrity' as const, problem: null, retryable: false, message: { zh: '摆渡包被改动或已损坏', en: 'The bundle was changed or is damaged' } }
    const { page } = await opened({ carriers: sticks }, { imported: [{ report, is_older: false, part: 1 }, { report: { ...report, delivered: 9 }, is_older: true, part: 1 }], others: 3, refused: [{ file: 'bent.xunjian-relay', fault: damaged }] })
    await press(page, 'relay-import')
    const said = by(page, 'relay-taken')
    expect(said.attributes('data-clean')).toBe('false')
    expect(said.text()).toContain('2 条记录取得回执')
    expect(said.text()).not.toContain('9 条记录')
    expect(said.text()).toContain('3 份应答是给其他终端的')
    expect(by(page, 'relay-refused').text()).toContain('bent.xunjian-relay 摆渡包被改动或已损坏')
  })
})
