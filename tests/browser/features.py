"""Every feature of InterSystems' page on creating DICOM associations, with the test that shows it.

In our own words, in the order of that page. Programs and settings of their production, which
configure nothing that a peer sees, are left out.
"""

from __future__ import annotations

from typing import Final

FEATURES: Final[dict[str, list[tuple[str, str]]]] = {
    "AEs, classes and contexts of a conformance statement": [
        (
            "A device runs several AEs, and each is an end of associations",
            "test_a_device_has_many_aes_each_with_its_behaviour",
        ),
        (
            "For each AE it is kept whether it initiates and accepts associations, and how many",
            "test_a_device_has_many_aes_each_with_its_behaviour",
        ),
        (
            "For each AE the SOP Classes are kept with their transfer syntaxes",
            "test_what_an_ae_proposes_and_accepts_is_kept_apart",
        ),
        (
            "What it proposes as SCU and what it accepts as SCP are told apart",
            "test_what_an_ae_proposes_and_accepts_is_kept_apart",
        ),
        (
            "Negotiation picks one transfer syntax of each context's list",
            "test_negotiation_settles_on_one_syntax_a_context",
        ),
        (
            "Syntaxes further up in a context's list are preferred, so the order is ours to set",
            "test_the_order_of_syntaxes_is_kept",
        ),
    ],
    "Importing associations": [
        (
            "A file with a SOP Class a line, a backslash and a transfer syntax becomes contexts",
            "test_a_file_of_pairs_is_imported",
        ),
        (
            "A line without a transfer syntax means Implicit VR Little Endian",
            "test_a_file_of_pairs_is_imported",
        ),
        (
            "Lines of one SOP Class come together in one context, in their order",
            "test_a_file_of_pairs_is_imported",
        ),
        (
            "The calling AE requests the association, the called AE accepts it",
            "test_a_file_of_pairs_is_imported",
        ),
        (
            "A pair that exists is refused with an error, and stays as it was",
            "test_an_existing_pair_is_overwritten_only_on_request",
        ),
        (
            "With overwriting switched on the file replaces what the pair had",
            "test_an_existing_pair_is_overwritten_only_on_request",
        ),
        (
            "Afterwards the pair stands in the list, and opens with its two tabs",
            "test_the_list_shows_each_pair_and_opens_it",
        ),
    ],
    "A superset of contexts": [
        (
            "Every known SOP Class is paired with a chosen list of transfer syntaxes",
            "test_every_known_class_with_a_list_of_syntaxes",
        ),
        (
            "The list starts as Implicit VR Little Endian",
            "test_every_known_class_with_a_list_of_syntaxes",
        ),
        (
            "What it costs is said beforehand, and that fewer classes may do better",
            "test_every_known_class_with_a_list_of_syntaxes",
        ),
    ],
    "The list of associations": [
        (
            "All pairs are listed by calling and called AE",
            "test_the_list_shows_each_pair_and_opens_it",
        ),
        (
            "From the list one creates, edits and deletes an association",
            "test_a_pair_is_made_edited_and_deleted",
        ),
        ("Deleting asks for a confirmation", "test_a_pair_is_made_edited_and_deleted"),
    ],
    "The Association tab": [
        ("A name has up to 64 characters", "test_a_pair_is_made_edited_and_deleted"),
        ("A description has up to 254 characters", "test_a_pair_is_made_edited_and_deleted"),
        ("Saving creates or updates", "test_a_pair_is_made_edited_and_deleted"),
        ("A required field that is missing is said in red", "test_what_is_missing_is_said_in_red"),
        ("Close discards and goes back to the list", "test_close_and_cancel_discard"),
        ("A pair exists once", "test_a_pair_is_unique_and_fixed"),
        ("A saved pair cannot be edited", "test_a_pair_is_unique_and_fixed"),
    ],
    "The Presentation contexts tab": [
        ("A way leads back to the list", "test_the_list_shows_each_pair_and_opens_it"),
        ("Adding a context leads to the two lists", "test_a_context_is_added"),
        (
            "An abstract syntax is deleted with its transfer syntaxes",
            "test_an_abstract_syntax_or_one_transfer_syntax_is_deleted",
        ),
        (
            "Editing adds transfer syntaxes to an abstract syntax, or takes one away",
            "test_an_abstract_syntax_or_one_transfer_syntax_is_deleted",
        ),
    ],
    "Adding a context": [
        ("Every known abstract syntax is offered by UID and name", "test_a_context_is_added"),
        ("One abstract syntax is chosen at a time", "test_a_context_is_added"),
        (
            "An arrow moves transfer syntaxes from the available to the selected",
            "test_a_context_is_added",
        ),
        ("Saving adds the context to the tree", "test_a_context_is_added"),
        ("Cancelling ignores it all", "test_cancel_leaves_the_contexts_as_they_were"),
        (
            "Verification with Implicit VR Little Endian, the example, can be entered",
            "test_verification_as_the_example_has_it",
        ),
        ("All transfer syntaxes can be looked up", "test_transfer_syntaxes_are_listed"),
    ],
    "Abstract syntaxes": [
        (
            "A table has every SOP Class of PS3.6 with its UID",
            "test_abstract_syntaxes_are_listed_and_narrowed_by_tab",
        ),
        (
            "Part of a word, in any case and any column, narrows it when Tab is pressed",
            "test_abstract_syntaxes_are_listed_and_narrowed_by_tab",
        ),
    ],
    "The data dictionary": [
        (
            "A table has every element with tag, name, VR, VM and its codes",
            "test_the_dictionary_is_listed_and_narrowed_by_tab",
        ),
        (
            "The same filter narrows the dictionary",
            "test_the_dictionary_is_listed_and_narrowed_by_tab",
        ),
        (
            "Codes, where there are any, open in a dialog with values and meanings",
            "test_codes_have_values_meanings_and_a_filter",
        ),
        ("The codes have a filter of their own", "test_codes_have_values_meanings_and_a_filter"),
        (
            "It is said that codes are for reading and not enforced",
            "test_codes_have_values_meanings_and_a_filter",
        ),
    ],
    "Testing associations": [
        ("An echo can be sent", "test_an_echo_shows_the_log_of_its_pdus"),
        (
            "Its log shows the association requested and accepted, C-ECHO asked and answered with "
            "its status, and the release asked and answered",
            "test_an_echo_shows_the_log_of_its_pdus",
        ),
    ],
}
