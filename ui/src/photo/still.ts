// One photo from the running camera, as a JPEG at the full size that the camera gives.

const quality = 0.92

// Where the web view can ask the sensor itself (Android, Windows), the photo is larger than the preview.
interface StillCamera {
  takePhoto(): Promise<Blob>
}
declare const ImageCapture: { new (track: MediaStreamTrack): StillCamera } | undefined

const slowestMs = 4000

async function fromSensor(track: MediaStreamTrack): Promise<Blob | null> {
  if (typeof ImageCapture === 'undefined' || track.readyState !== 'live') return null
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), slowestMs))
  // Some drivers promise and never answer; the preview's frame is better than no photo.
  const photo = await Promise.race([new ImageCapture(track).takePhoto().catch(() => null), late])
  return photo?.type === 'image/jpeg' && photo.size > 0 ? photo : null
}

async function fromPreview(video: HTMLVideoElement): Promise<Blob> {
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  canvas.getContext('2d')?.drawImage(video, 0, 0)
  const blob = await jpegOf(canvas)
  canvas.width = 0
  return blob
}

/** The canvas as JPEG bytes. */
export function jpegOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the canvas gave no JPEG'))), 'image/jpeg', quality)
  })
}

export async function takeStill(video: HTMLVideoElement, track: MediaStreamTrack): Promise<Blob> {
  const frame = video.videoWidth * video.videoHeight
  const photo = await fromSensor(track)
  // A sensor photo that is smaller than the preview is a thumbnail by mistake.
  if (photo && photo.size > frame / 40) return photo
  return fromPreview(video)
}

/** `photo-20261122-104205.jpg`: a name that sorts by time and says nothing else. */
export const fileNameAt = (at: Date): string => `photo-${at.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}.jpg`
