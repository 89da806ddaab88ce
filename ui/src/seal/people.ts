// Who else was there and the photo permit, as typed on the page of signing. Kept over a kill; the people of the last signing
// are offered, never filled in: a name that nobody chose would be a false statement about who was present.
import { reactive, ref, watch } from 'vue'

import type { Backend } from '@/backend'
import type { Companion, NewSeal } from '@/gen'

export interface SealForm {
  present: Companion[]
  permit: string
  permitUntil: string
}

const lastKey = 'seal:last-present'

function companionsOf(text: string | null): Companion[] {
  try {
    const read: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(read) ? read.filter((one): one is Companion => typeof one?.name === 'string' && typeof one?.organisation === 'string') : []
  } catch {
    return []
  }
}

export function useSealForm(backend: Backend, visits: string[]) {
  const key = `seal:${visits.join(',')}`
  const form = reactive<SealForm>({ present: [], permit: '', permitUntil: '' })
  const last = ref<Companion[]>([])

  async function read(): Promise<void> {
    const [kept, before] = await Promise.all([backend.scratch(key), backend.scratch(lastKey)]).catch(() => [null, null])
    last.value = companionsOf(before)
    try {
      const read = JSON.parse(kept ?? '{}') as Partial<SealForm>
      form.present = companionsOf(JSON.stringify(read.present ?? []))
      form.permit = String(read.permit ?? '')
      form.permitUntil = String(read.permitUntil ?? '')
    } catch {
      // An unreadable note is as good as none.
    }
    watch(form, () => void backend.keepScratch(key, JSON.stringify(form)).catch(() => undefined))
  }

  /** As the engine takes it: rows without a name are left out, the permit is valid to the end of its day at the site. */
  function toSeal(): NewSeal {
    const present = form.present.map((one) => ({ name: one.name.trim(), organisation: one.organisation.trim() })).filter((one) => one.name !== '')
    const number = form.permit.trim()
    const until = Date.parse(`${form.permitUntil}T23:59:59+08:00`)
    return { present, photo_permit: number && !Number.isNaN(until) ? { number, valid_until: until } : null }
  }

  /** What the form lacks before it may be signed. */
  function fault(): 'organisation' | 'name' | 'permit' | null {
    if (form.present.some((one) => one.name.trim() !== '' && one.organisation.trim() === '')) return 'organisation'
    if (form.present.some((one) => one.name.trim() === '' && one.organisation.trim() !== '')) return 'name'
    if (form.permitUntil !== '' && Number.isNaN(Date.parse(`${form.permitUntil}T00:00:00+08:00`))) return 'permit'
    return (form.permit.trim() === '') === (form.permitUntil === '') ? null : 'permit'
  }

  async function forget(): Promise<void> {
    const { present } = toSeal()
    await Promise.all([backend.keepScratch(key, null), ...(present.length > 0 ? [backend.keepScratch(lastKey, JSON.stringify(present))] : [])]).catch(() => undefined)
  }

  return { form, last, read, toSeal, fault, forget }
}
