//! Where a score was worked out.

/// Where a score was worked out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// In the service.
    #[default]
    Service,
    /// In a page, which reported it. A page's figures can be forged: no figure, gate or alert counts them.
    Page,
}

impl Source {
    /// The source's name, as the log shows it.
    pub fn name(self) -> &'static str {
        match self {
            Source::Service => "service",
            Source::Page => "page",
        }
    }

    /// The source's name in a row; none for the service, whose rows are the most.
    pub(super) fn cell(self) -> Option<&'static str> {
        match self {
            Source::Service => None,
            Source::Page => Some(self.name()),
        }
    }
}
