// One act under a passphrase: sealing, countersigning, returning, changing it. A wrong passphrase is said beside its field, any
// other refusal above it, and neither loses what was typed.
import { type Ref, ref, type ShallowRef, shallowRef } from 'vue'

import { asBackendError, type BackendError } from '@/backend/error'
import { useWords } from '@/text/useWords'

interface PassphraseForm {
  passphrase: Ref<string>
  /** What is wrong with it; empty until it was tried. */
  wrong: Ref<string>
  isRunning: Ref<boolean>
  fault: ShallowRef<BackendError | null>
  /** Answers whether one was typed, and says `missing` beside the field if not. */
  ask: (missing: string) => boolean
  /** Acts with what was typed, once at a time; answers whether it was done. */
  run: (act: (passphrase: string) => Promise<unknown>) => Promise<boolean>
}

export function usePassphrase(): PassphraseForm {
  const words = useWords()
  const passphrase = ref('')
  const wrong = ref('')
  const isRunning = ref(false)
  const fault = shallowRef<BackendError | null>(null)

  function ask(missing: string): boolean {
    wrong.value = passphrase.value === '' ? missing : ''
    return wrong.value === ''
  }

  async function run(act: (passphrase: string) => Promise<unknown>): Promise<boolean> {
    if (isRunning.value) return false
    isRunning.value = true
    fault.value = null
    try {
      await act(passphrase.value.trim())
      passphrase.value = ''
      return true
    } catch (error) {
      const refused = asBackendError(error)
      if (refused.code === 'passphrase') wrong.value = words.say(refused.text)
      else fault.value = refused
      return false
    } finally {
      isRunning.value = false
    }
  }

  return { passphrase, wrong, isRunning, fault, ask, run }
}
