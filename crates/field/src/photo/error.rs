//! Why a photo was refused or could not be kept, with a sentence in both languages that says what to do about it.

use std::{io, path::PathBuf};

use xunjian_domain::{hash::Sha256, text::Text};

/// A photo that is not accepted, or not kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhotoError {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// Larger than a photo may be.
    #[error("the file has {bytes} bytes, more than {most}")]
    TooManyBytes {
        /// Its size.
        bytes: u64,
        /// The limit.
        most: u64,
    },
    /// More pixels, or deeper ones, than a terminal can decode safely.
    #[error("the picture has {width} × {height} pixels, more than {most} or too deep to decode")]
    TooManyPixels {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The limit.
        most: u64,
    },
    /// HEIC, HEIF or AVIF: the reader of a record could not open it.
    #[error("{name} pictures are not accepted")]
    Heif {
        /// Name of the format.
        name: &'static str,
    },
    /// Something else.
    #[error("not a photo: {}", what.en)]
    NotAPhoto {
        /// Completes “it is …”.
        what: Text,
    },
    /// The file ends before the picture does.
    #[error("the picture is cut off after {bytes} bytes")]
    CutOff {
        /// What is there of it.
        bytes: u64,
    },
    /// The file contradicts itself.
    #[error("the picture is damaged: {what}")]
    Broken {
        /// The contradiction.
        what: &'static str,
    },
    /// The decoder gave up.
    #[error("the picture cannot be decoded")]
    Damaged {
        /// What the decoder said.
        #[source]
        source: image::ImageError,
    },
    /// Storing it would eat into the space kept free for sealing.
    #[error("the disk is full: {needed} bytes needed, {free} free")]
    DiskFull {
        /// The photo and the reserve.
        needed: u64,
        /// What is there.
        free: u64,
    },
    /// The folder does not hold this photo.
    #[error("there is no photo {sha256}")]
    Missing {
        /// The photo.
        sha256: Sha256,
    },
    /// The original was removed to make room, after the service had proved to have it.
    #[error("the original of photo {sha256} was released; the service has it")]
    Released {
        /// The photo.
        sha256: Sha256,
    },
    /// The bytes kept are not the bytes that were stored.
    #[error("photo {sha256} now hashes to {found}")]
    Altered {
        /// The photo.
        sha256: Sha256,
        /// What is there now.
        found: Sha256,
    },
    /// Nobody is unlocked, so photos can be neither written nor read.
    #[error("the photos are locked")]
    Locked,
    /// The disk did not do as it was told.
    #[error("cannot {doing} {path}")]
    Disk {
        /// A verb.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl PhotoError {
    /// What happened and what to do, for people.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            Self::Locked => Text::new(
                "已锁定，请先用口令解锁再看或保存照片。",
                "Locked: unlock with a passphrase before looking at or keeping photos.",
            ),
            Self::Empty => Text::new(
                "文件是空的（0 字节），没有保存。请重新拍一张；如果总是这样，请检查设备剩余空间。",
                "The file is empty (0 bytes) and was not kept. Take the photo again; if it happens every time, check the \
                 free space of the device.",
            ),
            Self::TooManyBytes { bytes, most } => Text::new(
                format!("文件有 {} MB，超过 {} MB 的上限。请把相机的照片尺寸调小后重拍。", mb(*bytes), mb(*most)),
                format!(
                    "The file has {} MB, more than the limit of {} MB. Choose a smaller picture size in the camera and \
                     take it again.",
                    mb(*bytes),
                    mb(*most)
                ),
            ),
            Self::TooManyPixels { width, height, most } => Text::new(
                format!(
                    "图片有 {width}×{height} 像素，超出本机能安全打开的范围（{} 百万像素）。\
                     请把相机的照片尺寸调小后重拍。",
                    most / 1_000_000
                ),
                format!(
                    "The picture has {width} × {height} pixels, more than this device can open safely ({} megapixels). \
                     Choose a smaller picture size in the camera and take it again.",
                    most / 1_000_000
                ),
            ),
            Self::Heif { name } => Text::new(
                format!(
                    "这是 {name} 格式，审核人的电脑多半打不开。请把相机改成 JPEG 后重拍：苹果“设置 → 相机 → 格式 → 兼容性最佳”；\
                     安卓、鸿蒙“相机 → 设置 → 关闭高效（HEIF）格式”。"
                ),
                format!(
                    "This is {name}, which most reviewers' computers cannot open. Switch the camera to JPEG and take it \
                     again: on iPhone, Settings → Camera → Formats → Most Compatible; on Android and HarmonyOS, \
                     Camera → Settings → turn off high-efficiency (HEIF) pictures."
                ),
            ),
            Self::NotAPhoto { what } => Text::new(
                format!(
                    "这不是照片，是{}。请选择 JPEG、PNG 或 WebP 照片；CSV 导出只能作为远程检查项的证据导入。",
                    what.zh
                ),
                format!(
                    "This is not a photo: it is {}. Choose a JPEG, PNG or WebP photo; a CSV export can only be imported as \
                     evidence for a remote line.",
                    what.en
                ),
            ),
            Self::CutOff { .. } => Text::new(
                "照片不完整：文件在中途断了，没有保存。请重新拍摄；如果是复制来的，请从原设备再复制一次。",
                "The photo is not complete: the file breaks off half-way and was not kept. Take it again; if it was copied, \
                 copy it once more from the device it comes from.",
            ),
            Self::Broken { .. } | Self::Damaged { .. } => Text::new(
                "照片已损坏，打不开，没有保存。请重新拍摄；如果是复制来的，请从原设备再复制一次。",
                "The photo is damaged, cannot be opened and was not kept. Take it again; if it was copied, copy it once more \
                 from the device it comes from.",
            ),
            Self::DiskFull { needed, free } => Text::new(
                format!(
                    "空间不够，照片没有保存：需要 {} MB（含为签名和同步留出的空间），只剩 {} MB。请先同步并清理已送达的照片，或删除其他文件，再重拍。",
                    mb(*needed),
                    mb(*free)
                ),
                format!(
                    "Not enough space; the photo was not kept: {} MB needed (with what is set aside for signing and \
                     syncing), {} MB left. Sync and clear delivered photos or delete other files, then take it again.",
                    mb(*needed),
                    mb(*free)
                ),
            ),
            Self::Missing { sha256 } => Text::new(
                format!("本机找不到照片 {}。请不要删除数据目录里的文件；如有备份请恢复，否则请重拍。", sha256.short()),
                format!(
                    "This terminal does not have photo {}. Do not delete files in the data folder; restore it from a \
                     backup if there is one, otherwise take it again.",
                    sha256.short()
                ),
            ),
            Self::Released { sha256 } => Text::new(
                format!("照片 {} 的原图已送达并从本机释放，本机只留小图；原图请在服务端查看。", sha256.short()),
                format!(
                    "The original of photo {} was delivered and removed from this terminal to make room; a smaller copy is \
                     here, the original is at the service.",
                    sha256.short()
                ),
            ),
            Self::Altered { sha256, .. } => Text::new(
                format!(
                    "照片 {} 的内容被改动或磁盘已出错，不能作为证据。请保留现场并联系管理员检查磁盘。",
                    sha256.short()
                ),
                format!(
                    "Photo {} was changed or the disk has failed; it is no evidence any more. Leave everything as it is and \
                     ask the administrator to check the disk.",
                    sha256.short()
                ),
            ),
            Self::Disk { path, source, .. } => Text::new(
                format!(
                    "读写 {} 时出错（{source}），照片没有保存。请检查磁盘是否已满、是否只读，再重拍。",
                    path.display()
                ),
                format!(
                    "Reading or writing {} failed ({source}); the photo was not kept. Check whether the disk is full or \
                     read-only, then take it again.",
                    path.display()
                ),
            ),
        }
    }
}

/// Megabytes, rounded up: “0 MB needed” helps nobody.
fn mb(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
