// Who is enrolled here and who has unlocked the tablet. Every page that speaks for a person asks this store.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { useBackend } from '@/backend'
import type { EnrolRequest, SessionView } from '@/gen'

export const useSession = defineStore('session', () => {
  const backend = useBackend()
  const view = ref<SessionView | null>(null)

  async function read(): Promise<SessionView> {
    return (view.value = await backend.session())
  }
  async function enrol(request: EnrolRequest): Promise<void> {
    view.value = await backend.enrol(request)
  }
  async function unlock(person: string, passphrase: string): Promise<void> {
    view.value = await backend.unlock(person, passphrase)
  }
  async function lock(): Promise<void> {
    view.value = await backend.lock()
  }
  async function setAutoLock(minutes: number): Promise<void> {
    view.value = await backend.setAutoLock(minutes)
  }

  return { view, person: computed(() => view.value?.unlocked ?? null), read, enrol, unlock, lock, setAutoLock }
})
