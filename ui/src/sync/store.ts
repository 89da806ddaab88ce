// The one run of synchronisation there may be, begun by a person or in the background, and what still waits. The badge, the outbox and the records look here.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'

import { type SyncRun, useBackend } from '@/backend'
import { asBackendError, type BackendError } from '@/backend/error'
import type { Network, SyncNews, SyncProgress, SyncReport } from '@/gen'
import { useSession } from '@/session/store'

export const useSync = defineStore('sync', () => {
  const backend = useBackend()
  const session = useSession()
  const run = shallowRef<SyncRun | null>(null)
  const progress = ref<SyncProgress | null>(null)
  const report = ref<SyncReport | null>(null)
  const fault = shallowRef<BackendError | null>(null)
  /** A run in the background is under way. */
  const isBackground = ref(false)
  /** Why what waits does not go by itself: the kind of network, or none. */
  const heldBack = ref<Network | 'none' | null>(null)
  /** Counts the runs that are over: whoever shows what they changed looks again. */
  const turns = ref(0)

  const isRunning = computed(() => run.value !== null || isBackground.value)
  /** Under way, and not waiting for a network. */
  const isMoving = computed(() => isRunning.value && progress.value?.stage !== 'waiting')

  /** Records set aside wait for a person, not for a run: the session does not count them, but nothing is green above them. */
  const aside = ref(0)
  async function look(): Promise<void> {
    const status = session.person ? await backend.status().catch(() => null) : null
    if (status) aside.value = status.records.quarantined
  }
  watch(() => session.person?.id, look, { immediate: true })

  const waiting = computed(() => (session.view?.waiting_records ?? 0) + (session.view?.waiting_reviews ?? 0))
  /** What the badge says. Green (`clear`) only when nothing waits for a receipt. */
  const state = computed<'running' | 'failed' | 'waiting' | 'clear'>(() => {
    if (isMoving.value) return 'running'
    if (fault.value || aside.value > 0 || (report.value?.errors.length ?? 0) > 0) return 'failed'
    return waiting.value > 0 ? 'waiting' : 'clear'
  })

  async function hear(news: SyncNews): Promise<void> {
    switch (news.news) {
      case 'begun':
        isBackground.value = true
        progress.value = report.value = fault.value = heldBack.value = null
        break
      case 'progress':
        if (isBackground.value) progress.value = news.progress
        break
      case 'held_back':
        heldBack.value = news.network ?? 'none'
        break
      case 'failed':
        isBackground.value = false
        break
      case 'ended':
        // A look for new work that found none is nothing to tell.
        if (isBackground.value) report.value = news.report
        isBackground.value = false
        await over()
    }
  }
  watch(() => session.person?.id, (person) => (person ? backend.syncListen((news) => void hear(news)).catch(() => undefined) : undefined), { immediate: true })

  async function over(): Promise<void> {
    await Promise.all([session.read().catch(() => undefined), look()])
    turns.value += 1
  }

  async function start(): Promise<void> {
    if (isRunning.value) return
    heldBack.value = null
    progress.value = null
    fault.value = null
    run.value = backend.sync((now) => (progress.value = now))
    try {
      report.value = await run.value.done
    } catch (error) {
      fault.value = asBackendError(error)
    } finally {
      run.value = null
      await over()
    }
  }

  async function cancel(): Promise<void> {
    await (run.value ? run.value.cancel() : backend.syncCancel())
  }

  /** Not after the pause, but now. */
  async function retry(): Promise<void> {
    await backend.syncRetry()
  }

  /** The person has read what went wrong; what it left waiting still shows. */
  function forget(): void {
    fault.value = null
  }

  return { aside, progress, report, fault, waiting, state, isRunning, isMoving, heldBack, turns, start, cancel, retry, forget }
})
