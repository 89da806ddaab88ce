import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Backend } from '@/backend'
import { createFakeBackend } from '@/backend/fake'
import { openPhoto } from '@/backend/fake/openProblems'
import { keepPhoto } from '@/photo/keptPhotos'
import '@/seal/SealPage.vue'

import { openAt, rackVisit, settle, testId } from './open'

describe('a problem that an earlier round left open', () => {
  let wrapper: VueWrapper
  let backend: Backend

  beforeEach(async () => {
    localStorage.clear()
    backend = createFakeBackend({ hasOpenProblems: true })
    await backend.startVisit(rackVisit)
  })
  afterEach(() => wrapper.unmount())

  const open = async (path: string): Promise<void> => void ({ wrapper } = await openAt(path, backend))
  const press = async (id: string): Promise<void> => {
    await wrapper.get(testId(id)).trigger('click')
    await settle()
  }
  const line = `/visits/${rackVisit}/lines/1`
  const answers = async () => (await backend.visit(rackVisit)).must_checks.map((must) => must.follow_up)

  it('stands at its line with what, when and the photo before, and nothing is chosen', async () => {
    await open(line)
    const must = wrapper.get(testId('must-open-1'))
    expect(must.text()).toContain('硬盘指示灯黄灯')
    expect(must.text()).toContain('2026-08-14')
    expect(must.find(`[data-testid="photo-${openPhoto.slice(0, 8)}"]`).exists()).toBe(true)
    expect(must.findAll('[aria-checked="true"]')).toHaveLength(0)
    expect(wrapper.find(testId('must-open-2')).exists(), 'the one of the whole rack stands on the overview').toBe(false)
  })

  it('is answered by a press and words; 已整改 asks for a photo or a reason', async () => {
    await open(line)
    await press('must-rectified')
    expect(wrapper.get(testId('must-open-1')).text()).toContain('请写明复查情况')
    expect(wrapper.find(testId('must-photo-missing')).exists()).toBe(true)
    await wrapper.get(testId('must-note')).setValue('硬盘已更换')
    await wrapper.get(testId('must-note')).trigger('change')
    await settle()
    expect((await answers())[0]).toMatchObject({ state: 'rectified', note: '硬盘已更换', after_photos: [], line: 1 })
    await press('must-cannot_tell')
    expect(wrapper.find(testId('must-photo-missing')).exists(), 'only 已整改 needs one').toBe(false)
    expect((await answers())[0]).toMatchObject({ state: 'cannot_tell', note: '硬盘已更换' })
  })

  it('takes the photo from the camera that laid the photo before over its picture', async () => {
    await open(line)
    await press('must-rectified')
    const to = wrapper.get(testId(`after-over-${openPhoto.slice(0, 8)}`)).attributes('href')
    expect(to).toContain(`before=${openPhoto}`)
    wrapper.unmount()
    const keep = new URLSearchParams(to?.split('?')[1]).get('keep') ?? ''
    const { evidence } = await backend.attachPhoto(rackVisit, { line: null, file_name: 'a.jpg', capture: 'camera', caption: '', layer: null, after_of: openPhoto }, new Uint8Array([1, 2]))
    await keepPhoto(backend, keep, evidence.sha256)
    await open(line)
    expect((await answers())[0], 'back from the camera it is stored').toMatchObject({ state: 'rectified', after_photos: [evidence.sha256] })
    expect(await backend.scratch(keep)).toBeNull()
    await press(`take-away-${evidence.sha256.slice(0, 8)}`)
    expect((await answers())[0]).toMatchObject({ after_photos: [] })
    expect((await backend.visit(rackVisit)).evidence.some((one) => one.sha256 === evidence.sha256)).toBe(false)
  })

  it('of the place is answered on the overview, which says that the photo is on another tablet', async () => {
    await open(`/visits/${rackVisit}`)
    expect(wrapper.get(testId('must-checks')).text()).toContain('上轮问题 2 个')
    const must = wrapper.get(testId('must-open-2'))
    expect(must.get(testId('before-elsewhere')).text()).toContain('还没有取到')
    await must.get(testId('must-remains')).trigger('click')
    await settle()
    expect((await answers())[1]).toMatchObject({ state: 'remains', line: null })
    await press('must-jump-1')
    expect(wrapper.find(testId('must-open-1')).exists(), 'one press to the line').toBe(true)
  })

  it('is listed before signing, answered or not', async () => {
    await backend.answerFollowUp(rackVisit, { finding: 'open-2', state: 'remains', note: '锁扣仍松', after_photos: [], no_photo: null })
    await open(`/seal/${rackVisit}`)
    const list = wrapper.get(testId('must-checks')).text()
    expect(list).toContain('待复查')
    expect(list).toContain('仍存在')
    expect(list).toContain('锁扣仍松')
  })

  it('survives a kill before the words were stored', async () => {
    await open(line)
    vi.spyOn(backend, 'answerFollowUp').mockRejectedValue(new Error('no'))
    await press('must-remains')
    await wrapper.get(testId('must-note')).setValue('还是黄灯')
    await settle()
    wrapper.unmount()
    await open(line)
    expect((wrapper.get(testId('must-note')).element as HTMLTextAreaElement).value).toBe('还是黄灯')
    expect(wrapper.get(testId('must-remains')).attributes('aria-checked')).toBe('true')
  })
})
