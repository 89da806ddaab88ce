// Who is logged in, and what that person may do here. An answer 401 anywhere ends the session; logging in again
// brings the person back to the page as they left it.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import type { ConsoleApi, ConsoleSession } from './api'
import { ConsoleError } from './error'

export const useConsoleSession = defineStore('console-session', () => {
  const current = ref<ConsoleSession | null>(null)
  /** Whether the service was asked already. */
  const isKnown = ref(false)
  /** Ended by time, not by the person. */
  const hasExpired = ref(false)
  // Reading roles see no button that the service would refuse.
  const canWrite = computed(() => current.value?.roles.includes('administrator') ?? false)

  async function find(api: ConsoleApi): Promise<void> {
    current.value = await api.session()
    isKnown.value = true
  }

  async function logIn(api: ConsoleApi, name: string, password: string): Promise<void> {
    current.value = await api.logIn(name, password)
    hasExpired.value = false
    isKnown.value = true
  }

  async function logOut(api: ConsoleApi): Promise<void> {
    await api.logOut()
    current.value = null
    hasExpired.value = false
  }

  /** True when this failure means that nobody is logged in any more. */
  function notices(error: unknown): boolean {
    if (!(error instanceof ConsoleError) || !error.isExpired || !current.value) return false
    current.value = null
    hasExpired.value = true
    return true
  }

  return { current, isKnown, hasExpired, canWrite, find, logIn, logOut, notices }
})
