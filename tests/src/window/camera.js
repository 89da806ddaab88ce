// From now on the camera sees this picture: `getUserMedia` hands out the stream of a canvas on which it moves a little, as in
// an unsteady hand. (On the prototype: the web view may forget what is set on the object itself.) A second call shows another picture to whoever watches already.
const [base64, type, done] = arguments
const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
createImageBitmap(new Blob([bytes], { type })).then((picture) => {
  window.xunjianCameraPicture = picture
  if (window.xunjianCameraCanvas) return done(null)
  const canvas = (window.xunjianCameraCanvas = document.createElement('canvas'))
  canvas.width = 1280
  canvas.height = 720
  const context = canvas.getContext('2d')
  let frame = 0
  const draw = () => {
    frame += 1
    const now = window.xunjianCameraPicture
    const scale = Math.min(canvas.width / now.width, canvas.height / now.height) * 0.9
    const [width, height] = [now.width * scale, now.height * scale]
    context.fillStyle = '#777'
    context.fillRect(0, 0, canvas.width, canvas.height)
    const sway = (frame % 7) - 3
    context.drawImage(now, (canvas.width - width) / 2 + sway, (canvas.height - height) / 2 - sway, width, height)
  }
  draw()
  setInterval(draw, 100)
  MediaDevices.prototype.getUserMedia = async () => canvas.captureStream(10)
  done(null)
}, (error) => done(String(error)))
