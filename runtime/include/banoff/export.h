/* BANOFF_API marks what a shared libbanoff exports; everything else stays hidden. */
#ifndef BANOFF_EXPORT_H
#define BANOFF_EXPORT_H

#define BANOFF_API __attribute__((visibility("default")))

#endif
