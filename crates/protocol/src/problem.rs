//! Numbered problems (RFC 9457). A number never changes its meaning and is never reused; titles may be reworded.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::text::{Language, Text};

macro_rules! problems {
    ($($(#[$doc:meta])+ $name:ident = $number:literal, $retry:literal, $zh:literal, $en:literal;)+) => {
        /// Which problem. Serialised as its number, e.g. `409.1`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        pub enum ProblemCode {
            $($(#[$doc])+ #[serde(rename = $number)] $name,)+
        }

        impl ProblemCode {
            /// Every problem there is.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The number, e.g. `409.1`; the part before the point is the HTTP status.
            #[must_use]
            pub fn number(self) -> &'static str {
                match self { $(Self::$name => $number,)+ }
            }

            /// What is wrong and what to do, in both languages.
            #[must_use]
            pub fn title(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en),)+ }
            }

            /// Whether the same request may succeed later without anyone changing it.
            #[must_use]
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$name => $retry,)+ }
            }
        }
    };
}

problems! {
    /// The body is not the message of this method.
    Malformed = "400.1", false,
        "请求内容无法读取，请升级终端软件后重试", "The request cannot be read: update the terminal and try again";
    /// The bytes do not hash to the name they were sent under.
    HashMismatch = "400.2", true,
        "收到的字节与其哈希不符，传输中已改变，请重新上传", "The bytes changed on the way: they do not hash to their name. Send them again";
    /// A parameter or field of a console request is not what the method takes.
    BadParameter = "400.3", false,
        "请求参数不正确，请按说明修改后重试", "A parameter of the request is wrong: correct it and try again";
    /// No session, or an expired one.
    NoSession = "401.1", true,
        "会话已过期，请重新连接；本机数据不受影响", "The session has expired: connect again. Nothing on the terminal is affected";
    /// The nonce is unknown, used or expired, or its signature is wrong.
    BadChallenge = "401.2", true,
        "终端身份核验未通过，请重试；多次失败请联系管理员", "The terminal's proof of identity failed: try again, and call the administrator if it keeps failing";
    /// No such account, or another password. The answer does not say which.
    LoginWrong = "401.3", false,
        "登录名或密码不正确", "The name or the password is wrong";
    /// Nobody is logged in to the console, or the session ended.
    NotLoggedIn = "401.4", false,
        "请先登录；长时间未操作后需要重新登录", "Log in first: a session that was not used for long has ended";
    /// No such enrolment code.
    UnknownCode = "403.1", false,
        "登记码不存在，请核对后重新输入", "There is no such enrolment code: check it and type it again";
    /// The enrolment code is older than 15 minutes.
    ExpiredCode = "403.2", false,
        "登记码已过期（有效期15分钟），请管理员重新签发", "The enrolment code has expired (15 minutes): ask the administrator for a new one";
    /// The enrolment code was used with other keys.
    UsedCode = "403.3", false,
        "登记码已被使用，请管理员重新签发；如非本人操作请立即告知管理员", "The enrolment code has been used: ask for a new one, and tell the administrator at once if it was not you";
    /// The site root has not signed for the key yet.
    KeyNotApproved = "403.4", true,
        "密钥尚未经站点根确认，记录保留在本机，确认后自动上传", "The site root has not signed for this key yet: the record stays here and goes up once it has";
    /// The terminal's key was revoked.
    TerminalRevoked = "403.5", false,
        "本终端已被吊销，请联系管理员；本机记录请用摆渡包导出", "This terminal was revoked: call the administrator; its records can be exported by relay bundle";
    /// The person's roles do not allow this.
    NotAllowed = "403.6", false,
        "您没有进行此项操作的角色，请联系管理员", "Your roles do not allow this: ask an administrator";
    /// The page's token is missing or of another session, or the request comes from another site.
    ForeignPage = "403.7", false,
        "请求不是由本控制台页面发出的，请刷新页面后重试", "The request did not come from this console's page: reload the page and try again";
    /// The reviewer is a person who signed the record.
    SamePerson = "403.11", false,
        "复核人就是签署该记录的人，不能复核自己的记录（换一把密钥也不行）", "The reviewer signed this record and cannot review it, with another key neither";
    /// The reviewer's organisation or roles do not allow reviewing.
    NotAReviewer = "403.12", false,
        "只有监理方或管理方的复核人员可以复核", "Only a reviewer of the supervisor or the manager reviews";
    /// An administrator reviews.
    AdministratorReviews = "403.13", false,
        "管理员不能签署或复核记录，请由复核人员办理", "An administrator signs and reviews no records: ask a reviewer";
    /// No such chunk.
    UnknownChunk = "404.1", true,
        "任务包已更新，请重新拉取", "The work package has changed: pull it again";
    /// No record of this terminal names the blob.
    BlobNotNamed = "404.2", false,
        "没有记录引用该照片，请先上传记录", "No record of this terminal names this photo: send the record first";
    /// There is nothing of that id or at that address.
    NotFound = "404.3", false,
        "没有找到，可能已被替换或地址有误", "There is no such thing here: it was replaced, or the address is wrong";
    /// Another record stands at the same place of the terminal's chain, or is the same revision of the same visit.
    OtherRecordInPlace = "409.1", false,
        "同一位置已有另一份记录；两份都已保留，请联系管理员裁定", "Another record stands in this place; both are kept, and a person must decide";
    /// The service has another number of bytes of this blob.
    WrongOffset = "409.2", true,
        "续传位置不符，请按服务端位置继续", "The upload continues at another byte: ask where and go on from there";
    /// The record names another predecessor than the one the service has.
    BrokenChain = "409.3", false,
        "终端链不连续：前一条记录与服务端不符；记录已另存，请联系管理员", "The terminal's chain is broken: the record before is another here. The record is kept aside; call the administrator";
    /// A later revision of the visit is here.
    RecordAmended = "409.11", false,
        "该记录已有更正记录，请拉取后复核更正后的版本", "The record was amended since: pull again and review the amendment";
    /// The record or one of its photos has not come yet.
    RecordNotDelivered = "409.12", true,
        "记录或照片尚未全部送达，送达后再复核", "The record or one of its photos has not come yet: review it once it is delivered";
    /// A countersignature is held under another record, revision or delivery than it names.
    OtherRecordReviewed = "409.13", false,
        "复核签名写的是另一份记录、另一版本或另一份送达声明，不能用于本记录", "The countersignature names another record, revision or delivery: it does not count here";
    /// Too many bytes.
    TooLarge = "413.1", false,
        "内容过大，超出上限", "Too large: over the limit";
    /// The envelope or record is not what version 1 allows.
    RecordMalformed = "422.1", false,
        "记录格式不符或字节已改变；已另存，请导出并联系管理员", "The record is malformed or its bytes have changed; it is kept aside. Export it and call the administrator";
    /// A signature or key is wrong.
    RecordNotTrusted = "422.2", false,
        "记录的签名或密钥核验未通过；已另存，请联系管理员", "A signature or key of the record failed; it is kept aside. Call the administrator";
    /// The record's plan or visit is unknown, or its lines are not the planned ones.
    NotPlanned = "422.3", false,
        "记录与巡检计划不符；已另存，请联系管理员", "The record does not fit the plan; it is kept aside. Call the administrator";
    /// The key was revoked before the record arrived.
    RevokedKey = "422.4", false,
        "签名密钥已吊销，记录待裁定", "The signing key was revoked: the record waits for a decision";
    /// The uploaded bytes are not complete.
    Incomplete = "422.5", true,
        "照片未传完整，请续传", "The photo is not complete: go on sending";
    /// A console request is understood and cannot be carried out as things stand; the detail says why and what to do.
    Refused = "422.6", false,
        "未执行，也未作改动", "Not done, and nothing was changed";
    /// A countersignature that is not what the document allows: no reason, an unknown line.
    ReviewMalformed = "422.11", false,
        "复核签名格式不符：退回须写明原因，逐项意见须对应记录中的项", "The countersignature is malformed: a return needs a reason, and each line must be one of the record's";
    /// Signature, key or signer of a countersignature is wrong.
    ReviewNotTrusted = "422.12", false,
        "复核签名或其密钥核验未通过", "The countersignature's signature or key does not verify";
    /// The reviewer's key was revoked before the countersignature was logged.
    ReviewerKeyRevoked = "422.13", false,
        "复核人的密钥已吊销，吊销之后入库的复核签名不计入", "The reviewer's key was revoked: what is logged after that does not count";
    /// The reviewer's key was not valid yet, or no longer.
    ReviewerKeyNotValid = "422.14", false,
        "复核人的密钥在复核时未生效或已过期，请核对终端时钟和密钥有效期", "The reviewer's key was not valid at that time: check the terminal's clock and the key's validity";
    /// An amendment names a return that is none of the record before.
    AmendmentUnfounded = "422.15", false,
        "更正记录所引的退回与前一版本不符；已另存，请联系管理员", "The amendment names a return that is not of the revision before; it is kept aside. Call the administrator";
    /// The terminal speaks a version the service does not.
    VersionTooOld = "426.1", false,
        "终端版本过旧，请升级；未上传的记录不会丢失", "The terminal is too old: update it. Unsent records are safe";
    /// Too many requests.
    TooMany = "429.1", true,
        "请求过于频繁，请稍后再试", "Too many requests: try again later";
    /// Too many wrong passwords for this account; `Retry-After` says how long to wait.
    TooManyTries = "429.2", true,
        "密码连续输错，请稍后再试", "Too many wrong passwords: wait and try again";
    /// A fault of the service.
    Internal = "500.1", true,
        "服务端故障，记录保留在本机，稍后自动重试", "The service failed: everything stays on the terminal and is sent again later";
    /// A stored photo no longer hashes to its name and is not shown.
    PhotoDamaged = "500.2", false,
        "存储的照片字节已改变，不予显示；请在“核验”中查看", "The stored photo's bytes have changed and it is not shown: see the verification";
    /// The service is starting or stopping, or its disk is full.
    Unavailable = "503.1", true,
        "服务暂不可用，稍后自动重试", "The service is not available now; the terminal tries again by itself";
}

/// A problem as it travels (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Problem {
    /// `urn:xunjian:problem:409.1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// In the language of the request.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// The number.
    pub code: ProblemCode,
    /// What exactly, for this request.
    pub detail: String,
}

impl Problem {
    /// A problem with its details, titled in `language`.
    pub fn new(code: ProblemCode, detail: impl Into<String>, language: Language) -> Self {
        Self {
            kind: format!("urn:xunjian:problem:{}", code.number()),
            title: code.title().get(language).to_owned(),
            status: code.number().split('.').next().and_then(|status| status.parse().ok()).unwrap_or(500),
            code,
            detail: detail.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}（{}）", self.title, self.code.number())?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " {}", self.detail) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_are_unique_and_begin_with_their_status() {
        let numbers: BTreeSet<_> = ProblemCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers.len(), ProblemCode::ALL.len(), "a number stands twice");
        for code in ProblemCode::ALL {
            let problem = Problem::new(*code, "", Language::Zh);
            assert!((400..600).contains(&problem.status), "{} has no HTTP status", code.number());
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{}\"", code.number()));
        }
    }
}
