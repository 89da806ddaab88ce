//! Why a bundle is not taken, with a sentence that says what to do. Nothing of it was taken then, unless the sentence says so.

use xunjian_domain::text::Text;

/// Why a bundle cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The file is something else.
    #[error("this is no relay bundle")]
    NotABundle,
    /// A later version of the format.
    #[error("the bundle has version {0}")]
    NewerVersion(u16),
    /// The file ends too early.
    #[error("the bundle ends too early")]
    Truncated,
    /// A byte is not what the sender signed.
    #[error("the bundle was changed: {0}")]
    Tampered(&'static str),
    /// Sealed for somebody else.
    #[error("the bundle is for another recipient")]
    WrongRecipient,
    /// Of another site.
    #[error("the bundle is of the site “{0}”")]
    WrongSite(String),
    /// One that goes the other way.
    #[error("the bundle goes the other way")]
    WrongDirection,
    /// Signed by a key that nobody here knows.
    #[error("the sender is not known: {0}")]
    UnknownSender(String),
    /// What stands inside is not what this version writes.
    #[error("the bundle's content is not understood: {0}")]
    Malformed(String),
    /// A text that is no public key.
    #[error("this is no relay key")]
    BadKey,
    /// The sender's key cannot sign.
    #[error("the bundle cannot be signed: {0}")]
    CannotSign(String),
    /// A file cannot be read or written.
    #[error("the file failed: {0}")]
    Io(#[from] std::io::Error),
}

impl RelayError {
    /// What happened and what to do.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::NotABundle => Text::new(
                "这不是摆渡包文件，未作改动；请选择扩展名为 .xunjian-relay 的文件",
                "This is no relay bundle, and nothing was changed: choose a file that ends in .xunjian-relay",
            ),
            Self::NewerVersion(version) => Text::new(
                format!("摆渡包是更新的版本（{version}），未作改动；请先升级本软件，文件仍然有效"),
                format!(
                    "The bundle has a newer version ({version}); nothing was changed. Update this software, the file stays good"
                ),
            ),
            Self::Truncated => Text::new(
                "摆渡包不完整（拷贝中断或U盘过早拔出），未作改动；请重新拷贝，或重新导出",
                "The bundle is not complete: the copy broke off, or the stick was pulled out too early. Nothing was changed; copy it again, or export it again",
            ),
            Self::Tampered(_) => Text::new(
                "摆渡包的内容被改动或已损坏，未作改动；请重新拷贝或重新导出，再次出现请报告管理员",
                "The bundle was changed or is damaged; nothing was taken from it. Copy or export it again, and tell the administrator if it happens again",
            ),
            Self::WrongRecipient => Text::new(
                "摆渡包是加密给另一接收方的，这里无法打开，未作改动；请交给文件名所指的终端或服务",
                "The bundle is sealed for another recipient and cannot be opened here; nothing was changed. Take it to the terminal or service that its name says",
            ),
            Self::WrongSite(site) => Text::new(
                format!("摆渡包属于另一个站点（{site}），未作改动"),
                format!("The bundle belongs to another site ({site}); nothing was changed"),
            ),
            Self::WrongDirection => Text::new(
                "方向不对：终端导出的包交给服务导入，服务导出的包交给终端导入；未作改动",
                "The bundle goes the other way: a terminal's is for the service, the service's is for a terminal. Nothing was changed",
            ),
            Self::UnknownSender(who) => Text::new(
                format!("不认识摆渡包的发送方（{who}），未作改动；文件请保留，终端请先登记，或请管理员核对密钥"),
                format!(
                    "The sender of the bundle is not known ({who}); nothing was changed. Keep the file; enrol the terminal first, or have the administrator check the keys"
                ),
            ),
            Self::Malformed(what) => Text::new(
                format!("摆渡包内容无法理解（{what}）；请升级双方软件后重新导出"),
                format!("The bundle's content is not understood ({what}): update both sides and export again"),
            ),
            Self::BadKey => Text::new(
                "摆渡密钥无法读取，请重新导出邀请文件或联系管理员",
                "The relay key cannot be read: have the invitation written again, or ask the administrator",
            ),
            Self::CannotSign(reason) => {
                Text::new(format!("摆渡包无法签名：{reason}"), format!("The bundle cannot be signed: {reason}"))
            }
            Self::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => Text::new(
                "磁盘已满，未写完的文件已删除；请腾出空间或换一个U盘后再做一次",
                "The disk is full; the unfinished file was removed. Make room or take another stick, and do it again",
            ),
            Self::Io(error) if error.kind() == std::io::ErrorKind::FileTooLarge => Text::new(
                "U盘的文件系统放不下这么大的文件；请用 --max-bytes 分成较小的包",
                "The stick's file system takes no file this large: use --max-bytes to split the bundle",
            ),
            Self::Io(error) => Text::new(
                format!("文件无法读写：{error}；请检查U盘后再做一次"),
                format!("The file cannot be read or written: {error}. Check the stick and do it again"),
            ),
        }
    }

    /// Whether the file itself is at fault: it does not verify.
    #[must_use]
    pub fn is_of_integrity(&self) -> bool {
        matches!(
            self,
            Self::Truncated | Self::Tampered(_) | Self::WrongRecipient | Self::WrongSite(_) | Self::UnknownSender(_)
        )
    }
}
