"""What people look for, in words of ours, and the numbers of the tickets they should find."""

from typing import NamedTuple


class Query(NamedTuple):
    """A query, and the tickets that answer it."""

    text: str
    expected: tuple[int, ...]


QUERIES: tuple[Query, ...] = (
    # Words of the subject, in other forms and another order.
    Query("compiler crash array of unsized elements", (19201,)),
    Query("rustdoc panic empty destination", (28927,)),
    Query("serve tutorial without https", (2381,)),
    Query("struct passed to C function broken on windows", (11198,)),
    Query("iterators implicitly copied", (18045,)),
    Query("slow partition of vectors", (19270,)),
    Query("casting float to float undefined behaviour", (15536,)),
    Query("implementing link time optimization", (10812,)),
    Query("minimum macOS version 10.7", (11927,)),
    Query("windows gnu backtraces lack line numbers", (28004,)),
    Query("null pointer optimization for nested enums", (23228,)),
    Query("higher-kinded types", (8922,)),
    Query("renaming connect to join", (24645,)),
    Query("copying everything from a reader to a writer", (19012,)),
    Query("push unit into VecDeque", (28488,)),
    Query("use gold linker instead of bfd", (14560,)),
    Query("literate programming rustdoc", (26097,)),
    Query("select on pipes with a timeout", (3016,)),
    # What is meant stands in the messages, or partly there.
    Query("JoinGuard unsafe", (20807, 24292)),
    Query("migrate bug tracker dependencies between bugs bugzilla", (2865,)),
    Query("take_while consumes extra element", (22802,)),
    Query("BufferedWriter flush failure when dropped", (12628,)),
    Query("ICE casting Vec to Vec same type", (25789,)),
    Query("rustdoc strip-private pass modules", (18822,)),
    Query("executable must be statically linked", (14543,)),
    Query("coerce to trait object without writing as", (10039,)),
    Query("rusti liveness no mode for lval", (4230,)),
    Query("pass small structs in registers", (26494,)),
    Query("could not write output nonexistent directory file name", (21333,)),
    Query("data layout defined in too many places librustc_back", (20349,)),
    Query("hash map with enum keys encodes to invalid JSON", (21470,)),
    Query("casting 0 to fat pointer segfault", (30577,)),
    Query("infinite recursion type outlives", (26489, 25954)),
    Query("access violation rustc.exe fresh install EAX", (3988,)),
    # Phrases, exclusions, codes and names.
    Query('"public-in-private" aliases', (30503,)),
    Query('"multiple matching crates" symlink', (4871,)),
    Query('"multiple traits" encoder.rs impl ICE', (3410,)),
    Query("mathjax -katex rustdoc", (16991,)),
    Query("non_upper_case_globals lint wrong", (25207,)),
    Query("XDG base directory rustpkg", (6425,)),
    # Words cut short and misspelled.
    Query("denormal float_to_str windows", (14080,)),
    Query("configre script lldb verson", (26297,)),
    Query("destuctor semantcs", (8861,)),
    Query("robust unicde suport", (14656,)),
    Query("raw soket suport", (11410,)),
    Query("auto deref of index syntax", (15757,)),
    # As a model may put it, with more words than the ticket has.
    Query("how can I nest alternatives inside patterns with a pipe", (9663,)),
    Query("double free when an rvalue is passed as owned self in a method call", (4355,)),
    Query("is there a way to find in a string beginning from a given index", (11986,)),
    Query(
        "customer reports that borrowing different fields of a box mutably stopped working",
        (17345,),
    ),
)
