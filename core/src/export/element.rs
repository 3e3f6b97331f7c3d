//! A small tree of XML elements and its writing. Values are checked before they enter it.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::sheet::{Charset, Checked};

/// An element with attributes and either text or children.
#[derive(Clone, Debug)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<Checked>,
    text: Option<String>,
    children: Vec<Self>,
}

impl Element {
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), text: None, children: Vec::new() }
    }

    fn text((name, text): Checked) -> Self {
        Self { text: Some(text), ..Self::new(name) }
    }

    /// With an attribute, if there is one.
    pub(super) fn with(mut self, attribute: Option<Checked>) -> Self {
        self.attributes.extend(attribute);
        self
    }

    /// With a child of text, for each there is.
    pub(super) fn leaf(mut self, leaves: impl IntoIterator<Item = Checked>) -> Self {
        self.children.extend(leaves.into_iter().map(Self::text));
        self
    }

    /// With a child, unless it is empty.
    pub(super) fn child(mut self, child: Self) -> Self {
        if !child.is_empty() {
            self.children.push(child);
        }
        self
    }

    /// With children, without the empty ones.
    pub(super) fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.text.is_none() && self.children.is_empty()
    }

    /// The document that this is the root of.
    pub(super) fn document(&self, charset: Charset) -> std::io::Result<Vec<u8>> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        let encoding = if charset == Charset::Latin1 { "ISO-8859-1" } else { "UTF-8" };
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some(encoding), None)))?;
        self.write(&mut writer)?;
        let mut bytes = writer.into_inner();
        bytes.push(b'\n');
        if charset == Charset::Latin1 { latin1(bytes) } else { Ok(bytes) }
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let mut start = BytesStart::new(self.name);
        for (name, value) in &self.attributes {
            start.push_attribute((*name, value.as_str()));
        }
        if self.text.is_none() && self.children.is_empty() {
            return writer.write_event(Event::Empty(start));
        }
        writer.write_event(Event::Start(start))?;
        if let Some(text) = &self.text {
            writer.write_event(Event::Text(BytesText::new(text)))?;
        }
        self.children.iter().try_for_each(|child| child.write(writer))?;
        writer.write_event(Event::End(BytesEnd::new(self.name)))
    }
}

/// Each sign as its one byte. The sheet has refused all others before; one more is an error and no question mark.
fn latin1(utf8: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let text = String::from_utf8(utf8).map_err(std::io::Error::other)?;
    text.chars().map(|sign| u8::try_from(u32::from(sign)).map_err(std::io::Error::other)).collect()
}
