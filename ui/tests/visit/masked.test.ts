import { describe, expect, it } from 'vitest'

import room from '@/backend/fake/visit-room.json'
import { createFakeBackend } from '@/backend/fake'
import type { VisitView } from '@/gen'
import { unmasked } from '@/visit/masked'

import { openAt, roomVisit, settle, testId } from './open'

describe('photos of pages with names and numbers', () => {
  const register = room.lines.find((line) => line.criterion === 'A.2-02') as (typeof room.lines)[number]

  it('ask for a masked copy until there is one, on the item and before signing', async () => {
    const backend = createFakeBackend()
    await backend.startVisit(roomVisit)
    await backend.recordResult(roomVisit, { line: register.no, outcome: 'normal', checks: [], reason: '', note: '', no_photo: null, mode: null, spent_ms: null })
    const attach = (bytes: number[], layer: { of: string; kind: 'masked' } | null) => backend.attachPhoto(roomVisit, { line: register.no, file_name: 'a.jpg', capture: 'camera', caption: '', layer }, new Uint8Array(bytes))
    const { evidence } = await attach([1], null)
    expect(unmasked(await backend.visit(roomVisit) as VisitView)).toEqual([register.no])
    let { wrapper } = await openAt(`/visits/${roomVisit}/lines/${register.no}`, backend)
    expect(wrapper.get(testId('mask')).text()).toContain('还没有遮盖副本')
    wrapper.unmount()

    await attach([2], { of: evidence.sha256, kind: 'masked' })
    expect(unmasked(await backend.visit(roomVisit) as VisitView)).toEqual([])
    ;({ wrapper } = await openAt(`/visits/${roomVisit}/lines/${register.no}`, backend))
    await settle()
    expect(wrapper.get(testId('mask')).attributes('data-masked')).toBe('true')
    wrapper.unmount()
  })
})
