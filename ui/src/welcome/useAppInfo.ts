// Reads what the program says about itself, as one of three states, so that a page cannot show half of an answer.
import { onMounted, ref, type Ref } from 'vue'

import { type AppInfo, useBackend } from '@/backend'

export type AppInfoState =
  | { readonly kind: 'reading' }
  | { readonly kind: 'known'; readonly appInfo: AppInfo }
  | { readonly kind: 'unreadable'; readonly reason: string }

export function useAppInfo(): { state: Ref<AppInfoState>; read: () => Promise<void> } {
  const backend = useBackend()
  const state = ref<AppInfoState>({ kind: 'reading' })

  async function read(): Promise<void> {
    state.value = { kind: 'reading' }
    try {
      state.value = { kind: 'known', appInfo: await backend.appInfo() }
    } catch (error) {
      state.value = { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  onMounted(read)
  return { state, read }
}
