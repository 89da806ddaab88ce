// What was typed on the enrolment page, so that a look at the settings or a failed attempt loses none of it. Held in memory
// only, and without the passphrase: a one-time code is worthless after its fifteen minutes.
import { defineStore } from 'pinia'
import { reactive } from 'vue'

export type EnrolWay = 'scan' | 'paste' | 'type'

export const useEnrolDraft = defineStore('enrol', () => {
  const draft = reactive({ way: '' as EnrolWay | '', invite: '', serviceUrl: '', code: '', root: '', terminalName: '' })
  function clear(): void {
    Object.assign(draft, { way: '', invite: '', serviceUrl: '', code: '', root: '', terminalName: '' })
  }
  return { draft, clear }
})
