//! The module's memory: lists of freed blocks by size class, and the end of what was ever used. A tenth of the code of std's
//! allocator, which a scorer does not need: it has one thread, works in buffers that it keeps, and is thrown away with its model.
//!
//! # Safety
//! Blocks lie side by side below `next`; each belongs either to one caller or to one list, whose links stand in the blocks
//! themselves (the smallest has room for one). A block's class follows from its layout alone, so what is given back joins the
//! list that serves it. There is one thread, so nothing is ever seen half done. No block starts at address 0. Tested natively with
//! random calls on memory of the test's own; in every host by the golden scores.
#![allow(unsafe_code, reason = "an allocator, see above")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr;

/// Where pages come from.
pub trait Pages {
    /// The address of `pages` fresh pages of 64 KB, which may follow those given before.
    fn grow(&self, pages: usize) -> Option<usize>;
}

const PAGE: usize = 1 << 16;
/// Pages asked for at once, if that many are to be had. Where memory is JavaScript's, growing copies all there is, and page by page
/// a model of 300 trees took 20 ms of copying; pages that are not touched cost nothing.
const STEP: usize = 16;
/// Alignment of every block.
const NARROW: usize = 16;
/// Alignment of blocks whose size is a power of two and at least this; none is served that is wider.
const WIDE: usize = 64;
/// The largest block.
const LARGEST: usize = 1 << 31;
/// 16, 32, 48 and 64 bytes, then four to a doubling.
const CLASSES: usize = 4 + 4 * 25;

/// The allocator; see the module.
pub struct Memory<P> {
    pages: P,
    state: UnsafeCell<State>,
}

struct State {
    /// Address of the first free block of each class, or 0.
    free: [usize; CLASSES],
    /// What lies between `next` and `end` was never used.
    next: usize,
    end: usize,
}

// SAFETY: there is one thread.
unsafe impl<P> Sync for Memory<P> {}

impl<P: Pages> Memory<P> {
    pub const fn new(pages: P) -> Memory<P> {
        Memory { pages, state: UnsafeCell::new(State { free: [0; CLASSES], next: 0, end: 0 }) }
    }
}

/// The class that serves `layout`, and the size of its blocks: at most a quarter more than asked for, beyond 64 bytes.
fn class_of(layout: Layout) -> Option<(usize, usize)> {
    let mut size = layout.size();
    if layout.align() > NARROW {
        size = size.max(WIDE).checked_next_power_of_two()?;
    }
    if size > LARGEST || layout.align() > WIDE {
        return None;
    }
    let last = size.max(1) - 1;
    if last < WIDE {
        return Some((last / NARROW, (last / NARROW + 1) * NARROW));
    }
    let doubling = last.ilog2() as usize;
    let quarters = last >> (doubling - 2);
    Some((4 + (doubling - 6) * 4 + (quarters & 3), (quarters + 1) << (doubling - 2)))
}

impl State {
    /// The address of a block of `size` bytes that was never used.
    fn fresh(&mut self, size: usize, pages: &impl Pages) -> Option<usize> {
        let align = if size.is_power_of_two() && size >= WIDE { WIDE } else { NARROW };
        if self.next.next_multiple_of(align) + size > self.end {
            let least = (size + WIDE).div_ceil(PAGE);
            let (count, start) = [least.max(STEP), least].into_iter().find_map(|n| Some((n, pages.grow(n)?)))?;
            if start != self.end {
                self.next = start;
            }
            self.end = start + count * PAGE;
        }
        let block = self.next.next_multiple_of(align);
        self.next = block + size;
        Some(block)
    }
}

// SAFETY: see the module.
unsafe impl<P: Pages> GlobalAlloc for Memory<P> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread, and no reference to the state outlives a call.
        let state = unsafe { &mut *self.state.get() };
        let Some((class, size)) = class_of(layout) else { return ptr::null_mut() };
        let Some(first) = state.free.get_mut(class) else { return ptr::null_mut() };
        if *first == 0 {
            return state.fresh(size, &self.pages).map_or(ptr::null_mut(), ptr::with_exposed_provenance_mut);
        }
        let block = ptr::with_exposed_provenance_mut::<u8>(*first);
        // SAFETY: a block of a list holds the address of the next one.
        *first = unsafe { block.cast::<usize>().read() };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        let state = unsafe { &mut *self.state.get() };
        let Some(first) = class_of(layout).and_then(|(class, _)| state.free.get_mut(class)) else { return };
        // SAFETY: the block is the caller's to give, and has room for an address.
        unsafe { block.cast::<usize>().write(*first) };
        *first = block.expose_provenance();
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's contract: `size`, rounded up to the alignment, does not overflow.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if class_of(layout) == class_of(wanted) {
            return block;
        }
        // SAFETY: as for the two calls; the blocks do not overlap, and both hold what is copied.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, size.min(layout.size()));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(target_arch = "wasm32")]
mod linear {
    use super::{Memory, Pages};

    struct Linear;

    impl Pages for Linear {
        fn grow(&self, pages: usize) -> Option<usize> {
            let before = core::arch::wasm32::memory_grow::<0>(pages);
            (before != usize::MAX).then(|| before * super::PAGE)
        }
    }

    #[global_allocator]
    static MEMORY: Memory<Linear> = Memory::new(Linear);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Pages of an ordinary buffer; now and then with a gap, as when somebody else grew the memory.
    struct Buffer {
        bytes: UnsafeCell<Vec<u8>>,
        used: Cell<usize>,
        calls: Cell<usize>,
    }

    impl Buffer {
        fn new(pages: usize) -> Buffer {
            Buffer { bytes: UnsafeCell::new(vec![0; (pages + 1) * PAGE]), used: Cell::new(0), calls: Cell::new(0) }
        }
    }

    impl Pages for Buffer {
        fn grow(&self, pages: usize) -> Option<usize> {
            // SAFETY: the test has one thread; the buffer is never resized.
            let bytes = unsafe { &mut *self.bytes.get() };
            self.calls.set(self.calls.get() + 1);
            self.used.set(self.used.get() + usize::from(self.calls.get().is_multiple_of(5)));
            let first = bytes.as_mut_ptr().expose_provenance().div_ceil(PAGE) + self.used.get();
            self.used.set(self.used.get() + pages);
            (self.used.get() < bytes.len() / PAGE).then_some(first * PAGE)
        }
    }

    /// Calls chosen by a plain generator: every block keeps its alignment and its bytes, whatever happens to the others.
    #[test]
    fn blocks_do_not_disturb_each_other() {
        let memory = Memory::new(Buffer::new(2000));
        let mut draw = 1u64;
        let mut next = |below: usize| {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (draw >> 33) as usize % below
        };
        let mut blocks: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let holds = |(block, layout, mark): &(*mut u8, Layout, u8)| {
            // SAFETY: the block is ours, `layout.size()` long, and was filled.
            let bytes = unsafe { std::slice::from_raw_parts(*block, layout.size()) };
            assert!(bytes.iter().all(|byte| byte == mark), "{layout:?}");
        };
        for round in 0..20_000 {
            let size = match next(3) {
                0 => next(100) + 1,
                1 => next(5_000) + 1,
                _ => {
                    let bits = next(17);
                    next(1 << bits) + 1
                }
            };
            let layout = Layout::from_size_align(size, 1 << next(7)).unwrap();
            let mark = round as u8;
            match next(5) {
                0 | 1 if blocks.len() < 400 => {
                    // SAFETY: the size is not 0.
                    let block = unsafe { memory.alloc(layout) };
                    assert!(!block.is_null() && block.addr() % layout.align() == 0, "{layout:?}");
                    // SAFETY: the block is ours.
                    unsafe { block.write_bytes(mark, size) };
                    blocks.push((block, layout, mark));
                }
                2 | 3 if !blocks.is_empty() => {
                    let at = next(blocks.len());
                    let (block, layout, mark) = blocks.swap_remove(at);
                    holds(&(block, layout, mark));
                    // SAFETY: the block is ours and of this layout.
                    unsafe { memory.dealloc(block, layout) };
                }
                _ if !blocks.is_empty() => {
                    let at = next(blocks.len());
                    let (block, layout, mark) = blocks[at];
                    // SAFETY: as above; the size is not 0.
                    let moved = unsafe { memory.realloc(block, layout, size) };
                    assert!(!moved.is_null() && moved.addr() % layout.align() == 0);
                    let kept = Layout::from_size_align(size.min(layout.size()), layout.align()).unwrap();
                    holds(&(moved, kept, mark));
                    // SAFETY: the block is ours.
                    unsafe { moved.write_bytes(mark, size) };
                    blocks[at] = (moved, Layout::from_size_align(size, layout.align()).unwrap(), mark);
                }
                _ => {}
            }
        }
        blocks.iter().for_each(holds);
        assert!(memory.pages.used.get() < 1500, "freed blocks are used again");
    }

    #[test]
    fn blocks_fit_and_classes_rise() {
        let mut last = (0, 0);
        for size in (1..5_000).chain((13..31).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 1])) {
            let (class, block) = class_of(Layout::from_size_align(size, 1).unwrap()).unwrap();
            assert!(block >= size && block <= size.next_multiple_of(16).max(size + size / 4 + 1) && class < CLASSES, "{size}");
            assert!((class, block) >= last, "{size}");
            last = (class, block);
        }
        assert_eq!(class_of(Layout::from_size_align(8, 128).unwrap()), None);
    }
}
