#ifndef THRUM_EXAMPLES_COMMON_PLOT_HPP
#define THRUM_EXAMPLES_COMMON_PLOT_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <locale>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// Pictures of the examples, 1000 x 700 pixels, drawn by gnuplot (5 or newer; Debian: gnuplot-nox). Beside
// picture.png stands picture.gp, which holds the data too: change it and run `gnuplot picture.gp` where it
// is.

namespace plot {

struct Point {
  double x = 0;
  double y = 0;
};

/// A circle in the units of the axes; colour as "#rrggbb".
struct Circle {
  Point centre;
  double radius = 0;
  std::string colour = "#444444";
};

/// Points that share a colour, a mark and a line of the legend, which says how many there are.
struct Group {
  std::string name;
  std::vector<Point> points{};
  bool highlighted = false;  ///< drawn on top of the others, with a strong mark; else as dots
  std::string colour{};  ///< "#rrggbb"; empty: the next of `colour(i)`, or of strong ones when highlighted
};

/// Limits of an axis; equal ones mean: whatever shows all points and circles.
struct Range {
  double from = 0;
  double to = 0;
};

/// Points in a plane. Both axes have the same scale, so that circles are round. Points outside of given
/// ranges are not drawn, and the legend counts them.
struct Scatter {
  std::string title{}, x_label{}, y_label{};
  std::vector<Group> groups{};
  std::vector<Circle> circles{};
  std::string circles_name{};  ///< for the legend
  Range x_range{}, y_range{};
};

/// A stretch of a series, from value `begin` up to, not including, value `end`.
struct Section {
  std::string name;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool fault = false;
};

/// Values in the order of time against a threshold. A value that is not finite leaves a gap. On a logarithmic
/// axis, values below a thousandth of the threshold are drawn there.
struct Series {
  std::string title{}, x_label{}, y_label{};
  std::vector<double> values{};
  double threshold = 1;
  std::vector<Section> sections{};  ///< at least one; what lies in none is not drawn
  double step = 1;                  ///< along x, from a value to the next
  bool logarithmic = false;         ///< y; the threshold must be > 0
};

/// Scores of one condition.
struct Sample {
  std::string name;
  std::vector<double> values{};  ///< > 0; what is not finite counts as above all others
  bool fault = false;
};

/// Of each sample the share that scores at least so high, over the score on a logarithmic axis, with a
/// threshold. Values below a thousandth of the threshold are drawn there.
struct Distributions {
  std::string title{}, x_label{}, y_label{};
  std::vector<Sample> samples{};  ///< at least one
  double threshold = 1;           ///< > 0
};

/// A curve with one of its points marked. Values that can't be drawn, not finite or not > 0 on a logarithmic
/// axis, are left out.
struct Curve {
  std::string title{};
  std::vector<Point> points{};          ///< two or more, x whole numbers that rise
  std::optional<std::size_t> marked{};  ///< a position in points
  std::string mark{};                   ///< what is so special about it
  bool logarithmic = false;             ///< both axes, with the chord from the first point to the last; x > 0
};

/// One curve on the left, and others below each other on the right, which share an x axis.
struct Curves {
  std::string title{}, x_label{};
  Curve left{};
  std::vector<Curve> right{};  ///< at least one
};

/// Colours that stay apart in print and for most colour-blind readers, for groups that are not highlighted.
inline std::string colour(std::size_t i) {
  static constexpr std::array<const char*, 8> colours = {"#0072b2", "#e69f00", "#009e73", "#8e6bbf",
                                                         "#56b4e9", "#cc79a7", "#999933", "#8c564b"};
  return colours[i % colours.size()];
}

namespace detail {

inline std::string strong_colour(std::size_t i) {
  static constexpr std::array<const char*, 6> colours = {"#d7191c", "#222222", "#c51b8a",
                                                         "#7a4400", "#5b2a86", "#005f56"};
  return colours[i % colours.size()];
}

/// Gnuplot's numbers for marks: cross, open triangle, square, plus, diamond, triangle downwards.
inline int strong_mark(std::size_t i) {
  static constexpr std::array<int, 6> marks = {2, 8, 4, 1, 12, 10};
  return marks[i % marks.size()];
}

constexpr double width = 1000, height = 700;  // pixels of the picture
constexpr double letter = 7.5, line = 21;     // pixels of the font, about

/// Where the axes lie, as shares of the picture; known, so that circles come out round.
struct Box {
  double left = 0.08, right = 0.975, bottom = 0.15, top = 0.92;

  double pixels_wide() const { return width * (right - left); }
  double pixels_high() const { return height * (top - bottom); }
};

/// Leaves room at the bottom for the lines of the legend, which gnuplot sets in columns.
inline Box box_above_legend(std::size_t entries, std::size_t longest) {
  const double fitting = width / (9 * static_cast<double>(longest) + 90);
  const std::size_t columns = fitting > 1 ? static_cast<std::size_t>(fitting) : 1;
  const std::size_t rows = (entries + columns - 1) / columns;
  Box box;
  box.bottom = (75 + line * static_cast<double>(rows)) / height;
  return box;
}

/// Text as gnuplot quotes it.
inline std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

/// A file name as the shell quotes it.
inline std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

inline void write_frame(std::ostream& script, const std::string& title, const std::string& x_label,
                        const std::string& y_label, const Box& box) {
  script
      << "set terminal pngcairo size " << width << "," << height << " noenhanced font 'Sans,11' "
      << "background '#ffffff'\n"
      << "set lmargin at screen " << box.left << "\nset rmargin at screen " << box.right << "\n"
      << "set bmargin at screen " << box.bottom << "\nset tmargin at screen " << box.top << "\n"
      << "set label " << quoted(title) << " at screen 0.5, 0.965 center font 'Sans,15'\n"
      << "set xlabel " << quoted(x_label) << "\nset ylabel " << quoted(y_label) << "\n"
      << "set border 3 linecolor '#666666'\nset tics nomirror textcolor '#444444'\n"
      << "set grid linecolor '#e4e4e4' linetype 1 linewidth 0.7\n"
      << "set key at screen 0.5, 0.015 center bottom horizontal reverse Left samplen 3 spacing 1.2 width 1\n";
}

/// Writes picture.gp with what `write` puts into it, and runs gnuplot on it.
template <typename Write>
void run_gnuplot(const std::filesystem::path& png, Write write) {
  std::filesystem::path script_path = png;
  script_path.replace_extension(".gp");
  if (script_path == png || png.stem().empty())
    throw std::invalid_argument(png.string() + ": expected the name of a picture that ends in .png");
  const std::filesystem::path folder = png.has_parent_path() ? png.parent_path() : std::filesystem::path(".");
  std::filesystem::create_directories(folder);
  std::filesystem::remove(png);
  std::ofstream script(script_path);
  script.imbue(std::locale::classic());
  script.precision(9);
  write(script, quoted(png.filename().string()));
  script.close();
  if (!script) throw std::runtime_error(script_path.string() + ": cannot be written");

  const std::string command = "cd " + shell_quoted(folder.string()) + " && gnuplot " +
                              shell_quoted("./" + script_path.filename().string());
  if (std::system(command.c_str()) != 0 || !std::filesystem::exists(png))
    throw std::runtime_error(png.string() +
                             ": gnuplot did not draw it (Debian: apt-get install gnuplot-nox); " +
                             script_path.string() + " is there for another try");
}

/// Ranges of both axes that show everything, with a margin, and of one scale.
inline void choose_ranges(const Scatter& scatter, const Box& box, Range& x, Range& y) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const bool own_x = scatter.x_range.from < scatter.x_range.to,
             own_y = scatter.y_range.from < scatter.y_range.to;
  x = own_x ? scatter.x_range : Range{infinity, -infinity};
  y = own_y ? scatter.y_range : Range{infinity, -infinity};
  const auto include = [&](Point p, double radius) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y)) return;
    if (!own_x) x = {(std::min)(x.from, p.x - radius), (std::max)(x.to, p.x + radius)};
    if (!own_y) y = {(std::min)(y.from, p.y - radius), (std::max)(y.to, p.y + radius)};
  };
  for (const Group& group : scatter.groups)
    for (const Point p : group.points) include(p, 0);
  for (const Circle& circle : scatter.circles) include(circle.centre, circle.radius);
  if (!(x.from <= x.to) || !(y.from <= y.to)) x = y = {-1, 1};  // nothing to show

  double scale = 1.05 * (std::max)((x.to - x.from) / box.pixels_wide(), (y.to - y.from) / box.pixels_high());
  if (!(scale > 0)) scale = 1;
  const auto widen = [scale](Range& range, double pixels) {
    const double middle = (range.from + range.to) / 2, half = scale * pixels / 2;
    range = {middle - half, middle + half};
  };
  widen(x, box.pixels_wide());
  widen(y, box.pixels_high());
}

/// A length of 1, 2 or 5 times a power of ten, of which `range` holds at most `count`.
inline double round_step(double range, double count) {
  const double power = std::pow(10, std::floor(std::log10(range / count)));
  for (const double step : {1.0, 2.0, 5.0})
    if (step * power * count >= range) return step * power;
  return 10 * power;
}

/// Tics for gnuplot on a logarithmic axis: powers of ten; where there are few, 2 and 5 times those, too; or,
/// where `whole`, whole numbers as far as their labels have room.
inline std::string logarithmic_tics(const Range& range, bool whole) {
  std::vector<double> tics;
  if (whole) {
    for (int tic = static_cast<int>(std::ceil(range.from)); tic <= range.to; ++tic)
      if (tics.empty() || tic >= 1.2 * tics.back()) tics.push_back(tic);
  } else {
    const bool few = range.to < 1000 * range.from;
    const auto decade = [](double value) { return static_cast<int>(std::floor(std::log10(value))); };
    for (int power = decade(range.from); power <= decade(range.to); ++power) {
      for (const double step : {1.0, 2.0, 5.0}) {
        const double tic = step * std::pow(10, power);
        if (tic >= range.from && tic <= range.to && (few || step < 2)) tics.push_back(tic);
      }
    }
  }
  std::ostringstream text;
  text.imbue(std::locale::classic());
  for (const double tic : tics) text << (text.tellp() > 0 ? ", " : "") << tic;
  return "(" + text.str() + ")";
}

/// One curve into a box; part of a multiplot.
inline void draw_curve(std::ostream& script, const Curve& curve, std::size_t number, const Box& box,
                       const std::string& x_label) {
  std::vector<Point> drawn;
  for (const Point p : curve.points)
    if (std::isfinite(p.y) && (p.y > 0 || !curve.logarithmic)) drawn.push_back(p);
  const auto write_block = [&](const char* name, const std::vector<Point>& points) {
    script << "$" << name << number << " << END\n";
    for (const Point p : points) script << p.x << " " << p.y << "\n";
    script << "NaN NaN\nEND\n";
  };
  write_block("curve", drawn);

  Range x{curve.points.front().x, curve.points.back().x}, y{1, 2};
  if (!drawn.empty()) {
    write_block("chord", {drawn.front(), drawn.back()});
    const auto lower = [](Point a, Point b) { return a.y < b.y; };
    const auto [least, largest] = std::minmax_element(drawn.begin(), drawn.end(), lower);
    y = {least->y, largest->y};
  }
  if (curve.logarithmic) {
    script << "set logscale xy\nset xtics " << logarithmic_tics(x, true);
    const double x_margin = std::pow(x.to / x.from, 0.03), y_margin = 1.02 * std::pow(y.to / y.from, 0.06);
    x = {x.from / x_margin, x.to * x_margin};
    y = {y.from / y_margin, y.to * y_margin};
    script << "\nset ytics " << logarithmic_tics(y, false) << "\n";
  } else {
    x = {x.from - 0.03 * (x.to - x.from), x.to + 0.03 * (x.to - x.from)};
    const double margin = y.to > y.from ? 0.12 * (y.to - y.from) : 1;
    y = {y.from - margin, y.to + margin};
    script << "unset logscale\nset xtics " << (std::max)(1.0, round_step(x.to - x.from, 14)) << "\nset ytics "
           << round_step(y.to - y.from, 5) << "\n";
  }
  script << "set lmargin at screen " << box.left << "\nset rmargin at screen " << box.right
         << "\nset bmargin at screen " << box.bottom << "\nset tmargin at screen " << box.top
         << "\nset xrange [" << x.from << ":" << x.to << "]\nset yrange [" << y.from << ":" << y.to
         << "]\nset format x " << (x_label.empty() ? "''" : "'%g'") << "\nset xlabel " << quoted(x_label)
         << "\nset label 2 " << quoted(curve.title) << " at graph 0, graph 1 offset 0, 0.7 left\n";

  script << "set label 3 " << quoted(curve.mark)
         << " at graph 1, graph 1 offset 0, 0.7 right textcolor rgb '#d7191c'\n";
  const Point mark = curve.points[curve.marked.value_or(0)];
  if (curve.marked && mark.y > y.from && mark.y < y.to)
    script << "set arrow 1 from first " << mark.x << ", graph 0 to first " << mark.x
           << ", graph 1 nohead dashtype 3 linewidth 1.5 linecolor rgb '#d7191c'\n"
           << "set label 4 ' ' at first " << mark.x << ", first " << mark.y
           << " point pointtype 6 pointsize 2 linewidth 2.5 linecolor rgb '#d7191c' front\n";
  script << "plot ";
  if (curve.logarithmic && !drawn.empty())
    script << "$chord" << number
           << " using 1:2 with lines dashtype 2 linewidth 1.5 linecolor rgb '#888888' title 'chord', \\\n  ";
  script << "$curve" << number << " using 1:2 with linespoints pointtype 7 pointsize 0.8 linewidth 1.5 "
         << "linecolor rgb " << quoted(colour(number)) << " notitle\nunset label\nunset arrow\n";
}

}  // namespace detail

/// Draws the curves into a PNG; folders that are missing are made. Throws std::runtime_error when gnuplot
/// fails or is not there.
inline void draw(const Curves& curves, const std::filesystem::path& png) {
  detail::run_gnuplot(png, [&](std::ostream& script, const std::string& output) {
    constexpr double gap = 0.065;
    detail::Box left{0.085, 0.49, 0.1, 0.88}, right{0.565, 0.975, 0.1, 0.88};
    detail::write_frame(script, curves.title, "", "", left);
    script << "set key inside left bottom vertical\nset output " << output << "\nset multiplot\n";
    detail::draw_curve(script, curves.left, 0, left, curves.x_label);
    const double count = static_cast<double>(curves.right.size());
    const double height = (right.top - right.bottom - gap * (count - 1)) / count;
    for (std::size_t c = 0; c < curves.right.size(); ++c) {
      right.bottom = right.top - height;
      detail::draw_curve(script, curves.right[c], c + 1, right,
                         c + 1 < curves.right.size() ? "" : curves.x_label);
      right.top = right.bottom - gap;
    }
    script << "unset multiplot\n";
  });
}

/// Draws the scatter into a PNG; folders that are missing are made. Throws std::runtime_error when gnuplot
/// fails or is not there.
inline void draw(const Scatter& scatter, const std::filesystem::path& png) {
  detail::run_gnuplot(png, [&](std::ostream& script, const std::string& output) {
    std::size_t points = 0, entries = scatter.circles_name.empty() ? 0 : 1;
    std::size_t longest = scatter.circles_name.size();
    for (const Group& group : scatter.groups) {
      points += group.points.size();
      ++entries;
      longest = (std::max)(longest, group.name.size() + std::to_string(group.points.size()).size() + 3);
    }
    const auto given = [](const Range& range) { return range.from < range.to; };
    if (given(scatter.x_range) || given(scatter.y_range)) longest += 13;  // ", 123 outside"
    const detail::Box box = detail::box_above_legend(entries, longest);
    Range x, y;
    detail::choose_ranges(scatter, box, x, y);
    detail::write_frame(script, scatter.title, scatter.x_label, scatter.y_label, box);
    script << "set output " << output << "\nset xrange [" << x.from << ":" << x.to << "]\nset yrange ["
           << y.from << ":" << y.to << "]\n";

    std::string behind, front;
    std::size_t dots = 0, strong = 0;
    for (std::size_t g = 0; g < scatter.groups.size(); ++g) {
      const Group& group = scatter.groups[g];
      std::size_t outside = 0;
      script << "$group" << g << " << END\n";
      for (const Point p : group.points) {
        const bool inside = p.x >= x.from && p.x <= x.to && p.y >= y.from && p.y <= y.to;
        if (inside) script << p.x << " " << p.y << "\n";
        outside += inside ? 0 : 1;
      }
      // A block must not be empty: a point that is never shown.
      script << "NaN NaN\nEND\n";
      std::string title = group.name + " (" + std::to_string(group.points.size());
      title += outside > 0 ? ", " + std::to_string(outside) + " outside)" : ")";
      const std::size_t order = group.highlighted ? strong++ : dots++;
      std::string ink = group.colour;
      if (ink.empty()) ink = group.highlighted ? detail::strong_colour(order) : colour(order);
      const std::string mark = group.highlighted ? "pointtype " + std::to_string(detail::strong_mark(order)) +
                                                       " pointsize 1.1 linewidth 1.5"
                               : points < 400 ? "pointtype 7 pointsize 1.1"
                                              : "pointtype 7 pointsize 0.7";
      (group.highlighted ? front : behind) += "$group" + std::to_string(g) + " using 1:2 with points " +
                                              mark + " linecolor rgb " + detail::quoted(ink) + " title " +
                                              detail::quoted(title) + ", \\\n  ";
    }

    std::string circles;
    for (std::size_t c = 0; c < scatter.circles.size(); ++c) {
      const Circle& circle = scatter.circles[c];
      constexpr int corners = 180;
      script << "$circle" << c << " << END\n";
      for (int i = 0; i <= corners; ++i) {
        const double angle = 2 * 3.14159265358979323846 * i / corners;
        script << circle.centre.x + circle.radius * std::cos(angle) << " "
               << circle.centre.y + circle.radius * std::sin(angle) << "\n";
      }
      script << "END\n";
      circles += "$circle" + std::to_string(c) + " using 1:2 with lines linewidth 2 linecolor rgb " +
                 detail::quoted(circle.colour) + " notitle, \\\n  ";
    }
    if (!scatter.circles.empty() && !scatter.circles_name.empty())
      circles += "NaN with lines linewidth 2 linecolor rgb '#444444' title " +
                 detail::quoted(scatter.circles_name) + ", \\\n  ";
    script << "plot " << behind << circles << front << "NaN notitle\n";
  });
}

/// Draws the series into a PNG; folders that are missing are made. Normal sections are blue and faults red.
/// Throws std::runtime_error when gnuplot fails or is not there.
inline void draw(const Series& series, const std::filesystem::path& png) {
  detail::run_gnuplot(png, [&](std::ostream& script, const std::string& output) {
    const char* const inks[2] = {"#0072b2", "#d7191c"};
    const char* const tints[2] = {"#eaf3f9", "#fdeceb"};
    const char* const names[2] = {"normal", "fault"};
    const double floor = series.logarithmic ? series.threshold / 1000 : -std::numeric_limits<double>::max();
    double least = series.threshold, largest = series.threshold;
    std::size_t first = series.values.size(), last = 0, longest_name = 0, shortest = series.values.size();
    for (const Section& section : series.sections) {
      if (section.begin >= section.end || section.end > series.values.size())
        throw std::invalid_argument("section '" + section.name + "' has no values");
      first = (std::min)(first, section.begin);
      last = (std::max)(last, section.end);
      longest_name = (std::max)(longest_name, section.name.size());
      shortest = (std::min)(shortest, section.end - section.begin);
      for (std::size_t i = section.begin; i < section.end; ++i) {
        if (!std::isfinite(series.values[i])) continue;
        least = (std::min)(least, (std::max)(series.values[i], floor));
        largest = (std::max)(largest, series.values[i]);
      }
    }
    if (series.sections.empty()) throw std::invalid_argument("a series needs at least one section");

    detail::Box box;
    if (series.logarithmic) box.left = 0.095;  // labels such as 0.001
    const double values = static_cast<double>(last - first);
    const double name_width = detail::letter * static_cast<double>(longest_name);
    const bool slanted = name_width > static_cast<double>(shortest) / values * box.pixels_wide();
    if (slanted) {  // by 35 degrees: room for the longest name above, and for the last at the right
      box.top = (std::max)(0.5, 0.9 - 0.57 * name_width / detail::height);
      const double last_begin = static_cast<double>(series.sections.back().begin - first) / values;
      const double room =
          0.99 -
          0.82 * detail::letter * static_cast<double>(series.sections.back().name.size()) / detail::width -
          box.left;
      if (last_begin > 0) box.right = (std::max)(0.5, (std::min)(box.right, box.left + room / last_begin));
    } else {
      box.top = 0.895;
    }
    detail::write_frame(script, series.title, series.x_label, series.y_label, box);

    const double begin = static_cast<double>(first) * series.step;
    const double end = static_cast<double>(last) * series.step;
    script << "set output " << output << "\nset xrange [" << begin << ":" << end << "]\nset x2range ["
           << begin << ":" << end << "]\n";
    if (series.logarithmic)
      script << "set logscale y\nset yrange [" << least / 1.2 << ":" << largest * 1.3 << "]\n";
    else
      script << "set yrange [" << (least < 0 ? least * 1.05 : 0.0) << ":" << largest * 1.08 << "]\n";

    script << "set x2tics scale 0 " << (slanted ? "rotate by 35 left" : "norotate center") << " (";
    for (std::size_t s = 0; s < series.sections.size(); ++s) {
      const Section& section = series.sections[s];
      const double from = static_cast<double>(section.begin), to = static_cast<double>(section.end);
      script << (s > 0 ? ", " : "") << detail::quoted(section.name) << " "
             << (slanted ? from + (to - from) / 5 : (from + to) / 2) * series.step;
    }
    script << ")\n";
    for (const Section& section : series.sections) {
      const double from = static_cast<double>(section.begin) * series.step;
      const double to = static_cast<double>(section.end) * series.step;
      script << "set object rectangle from first " << from << ", graph 0 to first " << to
             << ", graph 1 behind fillcolor rgb '" << tints[section.fault ? 1 : 0]
             << "' fillstyle solid noborder\n"
             << "set arrow from first " << to << ", graph 0 to first " << to
             << ", graph 1 nohead back linecolor rgb '#999999' linewidth 0.8\n";
    }

    bool used[2] = {false, false};
    for (int role = 0; role < 2; ++role) {
      script << "$" << names[role] << " << END\n";
      for (const Section& section : series.sections) {
        if (section.fault != (role == 1)) continue;
        used[role] = true;
        for (std::size_t i = section.begin; i < section.end; ++i) {
          const double value = series.values[i];
          if (std::isfinite(value))
            script << (static_cast<double>(i) + 0.5) * series.step << " " << (std::max)(value, floor) << "\n";
          else
            script << "\n";
        }
        script << "\n";  // the line is not drawn on into the next section
      }
      script << "NaN NaN\nEND\n";
    }
    script << "plot ";
    for (int role = 0; role < 2; ++role)
      if (used[role])
        script << "$" << names[role] << " using 1:2 with lines linewidth 1.2 linecolor rgb '" << inks[role]
               << "' title '" << names[role] << "', \\\n  ";
    script << series.threshold
           << " with lines dashtype 2 linewidth 2 linecolor rgb '#222222' title 'threshold'\n";
  });
}

/// Draws the distributions into a PNG; folders that are missing are made. Throws std::runtime_error when
/// gnuplot fails or is not there.
inline void draw(const Distributions& distributions, const std::filesystem::path& png) {
  detail::run_gnuplot(png, [&](std::ostream& script, const std::string& output) {
    const double threshold = distributions.threshold, floor = threshold / 1000;
    double least = threshold / 2, largest = threshold * 2;
    std::size_t longest = 9;
    for (const Sample& sample : distributions.samples) {
      longest = (std::max)(longest, sample.name.size());
      for (const double value : sample.values) {
        if (!std::isfinite(value)) continue;
        least = (std::min)(least, (std::max)(value, floor));
        largest = (std::max)(largest, value);
      }
    }
    const detail::Box box = detail::box_above_legend(distributions.samples.size() + 1, longest);
    detail::write_frame(script, distributions.title, distributions.x_label, distributions.y_label, box);
    script << "set output " << output << "\nset logscale x\nset xrange [" << least << ":" << largest
           << "]\nset xtics " << detail::logarithmic_tics({least, largest}, false)
           << "\nset yrange [0:1.02]\nset arrow from first " << threshold << ", graph 0 to first "
           << threshold << ", graph 1 nohead dashtype 2 linewidth 2 linecolor rgb '#222222'\n";
    std::string curves;
    std::size_t normals = 0, faults = 0;
    for (std::size_t s = 0; s < distributions.samples.size(); ++s) {
      const Sample& sample = distributions.samples[s];
      std::vector<double> rising = sample.values;
      std::sort(rising.begin(), rising.end(),
                [](double a, double b) { return std::isfinite(a) && (!std::isfinite(b) || a < b); });
      script << "$sample" << s << " << END\n" << least << " 1\n";
      double left = static_cast<double>(rising.size());
      for (const double value : rising) {
        if (!std::isfinite(value)) break;
        const double x = (std::max)(value, least);
        script << x << " " << left / static_cast<double>(rising.size()) << "\n";
        left -= 1;
        script << x << " " << left / static_cast<double>(rising.size()) << "\n";
      }
      script << largest << " " << left / static_cast<double>((std::max)(rising.size(), std::size_t{1}))
             << "\nEND\n";
      const std::string ink = sample.fault ? detail::strong_colour(faults++) : colour(normals++);
      curves += "$sample" + std::to_string(s) + " using 1:2 with lines linewidth 2 linecolor rgb " +
                detail::quoted(ink) + " title " + detail::quoted(sample.name) + ", \\\n  ";
    }
    script << "plot " << curves
           << "NaN with lines dashtype 2 linewidth 2 linecolor rgb '#222222' title 'threshold'\n";
  });
}

}  // namespace plot

#endif  // THRUM_EXAMPLES_COMMON_PLOT_HPP
