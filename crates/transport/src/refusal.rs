//! Why a request is not sent, or its answer not followed.

/// Why a request is refused. Names hosts only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request does not allow its own host.
    #[error("the host is not among those that may be asked")]
    ForbiddenHost,
    /// The URL holds a user name.
    #[error("its address holds a user name")]
    UserInfo,
    /// Plain http, where only https is sent.
    #[error("only https is sent out")]
    PlainHttp,
    /// Plain http to an address that is not private.
    #[error("plain http goes to private addresses only")]
    PlainHttpToPublic,
    /// A private, local or special address, named or literal.
    #[error("its address is private; allow private addresses if that is meant")]
    PrivateAddress,
    /// The answer leads to another origin.
    #[error("it redirects elsewhere, to {0}")]
    RedirectElsewhere(
        /// The host it leads to.
        String,
    ),
    /// The answer leads to no address that can be read.
    #[error("it redirects to an address that can not be read")]
    RedirectUnreadable,
    /// The answer redirects a request that may change something.
    #[error("it redirects a request that must not be repeated")]
    RedirectedWrite,
    /// Too many redirects.
    #[error("it redirects again and again")]
    RedirectLoop,
}

impl Refusal {
    /// Whether a server has seen the request before it was refused.
    pub(crate) fn is_of_the_answer(&self) -> bool {
        matches!(
            self,
            Self::RedirectElsewhere(_)
                | Self::RedirectUnreadable
                | Self::RedirectedWrite
                | Self::RedirectLoop
        )
    }
}
