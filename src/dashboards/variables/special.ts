/** What a chosen value says where all of a variable's values are meant, and how that is shown. */
export const ALL_VALUE = '$__all';
export const ALL_TEXT = 'All';
/** What the choice of an interval variable says where the time range decides. */
export const AUTO_VALUE = '$__auto';
export const AUTO_TEXT = 'Auto';
