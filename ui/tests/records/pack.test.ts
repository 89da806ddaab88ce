import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { BackendError } from '@/backend/error'
import { createFakeBackend } from '@/backend/fake'
import PackPanel from '@/records/PackPanel.vue'
import RecordPage from '@/records/RecordPage.vue'

import detail from '@/backend/fake/record.json'
import { mountAppPage } from '../mountPage'

type Page = Awaited<ReturnType<typeof mountAppPage>>
const by = (page: Page, id: string) => page.find(`[data-testid="${id}"]`)
const id = detail.summary.id
const press = async (page: Page, name: string): Promise<void> => {
  await by(page, name).trigger('click')
  await flushPromises()
}

describe('an evidence pack from the tablet', () => {
  it('is written to the stick, and says what it lacks and how to check it', async () => {
    const backend = createFakeBackend({ carriers: [{ folder: '/media/li/巡检U盘', name: '巡检U盘', free_bytes: 1e9 }] })
    const page = await mountAppPage(PackPanel, { backend, props: { record: id } })
    await press(page, 'pack-open')
    await press(page, 'pack-write')
    const said = by(page, 'pack-written').text()
    expect(said).toContain(`/media/li/巡检U盘/xunjian-pack-${id.slice(0, 12)}.zip`)
    expect(said).toContain('照片 2 张')
    expect(said).toContain('1 张照片的原图已从本机释放')
    expect(said).toContain('xunjian-verify')
  })

  it('says why it was not written', async () => {
    const refused = new BackendError('system', { zh: '磁盘已满', en: 'The disk is full' })
    const page = await mountAppPage(PackPanel, { backend: createFakeBackend({ fails: { packRecord: refused } }), props: { record: id } })
    await press(page, 'pack-open')
    expect(by(page, 'pack-write').attributes('disabled')).toBeDefined()
    await by(page, 'carrier-folder').setValue('/srv/front')
    await press(page, 'pack-write')
    expect(page.text()).toContain('磁盘已满')
    expect(by(page, 'pack-written').exists()).toBe(false)
  })

  it('is offered for records that have their receipt, and for no other', async () => {
    const page = await mountAppPage(RecordPage, { props: { record: id } })
    expect(by(page, 'pack').exists()).toBe(by(page, 'receipt').text() !== '还没有回执')
  })
})
