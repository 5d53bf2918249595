#ifndef THRUM_VERSION_HPP
#define THRUM_VERSION_HPP

/// Version of thrum as one number: major * 10000 + minor * 100 + patch.
#define THRUM_VERSION 100

#endif  // THRUM_VERSION_HPP
